"""Drivers: one instrument model, one file."""
