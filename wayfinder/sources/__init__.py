"""Inbound data, one module per origin."""
