"""What the command groups of a simulated Tektronix TDS2024B share."""

from typing import Final, Protocol

from ..wire.tektronix import TektronixInstrument, Words
from ._tds2024b_acquisition import Acquisition, Circuit
from ._tds2024b_front_end import FrontEnd
from ._tds2024b_settings import REFERENCES, Settings

CHANNEL_WORDS: Final = Words("CH1", "CH2", "CH3", "CH4")
WAVEFORM_WORDS: Final = Words("CH1", "CH2", "CH3", "CH4", "MATH", *REFERENCES)


class Spec(Protocol):
    """What is read of a chip file's [[instrument]] table."""

    @property
    def name(self) -> str:
        """Return the name that terminals begin with."""

    @property
    def serial(self) -> str:
        """Return the serial number."""


class ScopeBase(TektronixInstrument):
    """Settings, inputs and acquisition of the instrument."""

    def __init__(self, circuit: Circuit, name: str, front: FrontEnd) -> None:
        self.settings = Settings()
        self.acquisition = Acquisition(circuit, name, front, self.settings)
        super().__init__()

    def use(self, settings: Settings, *, run: bool) -> None:
        """Go to other settings, and acquire with them or not."""
        self.settings = self.acquisition.settings = settings
        self.acquisition.stop()
        if run:
            self.acquisition.start()

    def changed(self) -> None:
        """Acquire anew, if it does, with a setting that was changed."""
        self.acquisition.changed()
