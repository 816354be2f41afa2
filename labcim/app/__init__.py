"""The front door from Python: open a bench, run, report."""
