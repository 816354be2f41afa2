"""Simulated instruments: one model, one file."""
