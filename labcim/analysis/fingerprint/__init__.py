"""Fingerprints of chips: metrics, codes that correct them, helper data, attacks."""
