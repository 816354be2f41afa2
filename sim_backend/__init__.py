"""The bench that is not there: simulated instruments on a simulated chip."""
