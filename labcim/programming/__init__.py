"""Tuning algorithms: what to pulse next, given what was read."""
