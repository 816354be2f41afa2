"""Protocols that find out what a cell or a chip is."""
