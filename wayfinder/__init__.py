"""Wegweiser: ways through a city that keep a person's own limits, in words."""
