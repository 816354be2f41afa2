"""Protocols that write conductances."""
