"""A city folder: built from sources, verified, opened, reported on."""
