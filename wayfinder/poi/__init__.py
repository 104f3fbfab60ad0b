"""Places: what they are, what they offer, and whether they can be entered."""
