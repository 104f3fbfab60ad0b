"""Staff roles, permissions, passwords and sessions; no web."""
