"""The simulated crossbar: circuit, state, truth."""
