"""Photos: checked, stripped of metadata and encoded anew."""
