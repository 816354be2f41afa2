"""Interfaces and memory of a simulated switch, as far as programs ask for them."""

from typing import TYPE_CHECKING, ClassVar

from ..wire.errors import ScpiError
from ..wire.tsp import call, getter, number, setter
from ._switch_setups import SwitchSetups

if TYPE_CHECKING:
    from ..bench import SimulatedBench
    from ..chip.chip_file import InstrumentSpec

_PATTERN_MEMORY = 1000  # patterns
_SETUP_MEMORY = 100


class SwitchRemote(SwitchSetups):
    """A switch with its interfaces; reset() leaves them as they are."""

    constants: ClassVar = {
        **SwitchSetups.constants,
        "lan.status.ipaddress": "127.0.0.1",
        "lan.status.gateway": "0.0.0.0",
        "lan.status.subnetmask": "255.0.0.0",
    }

    def __init__(self, bench: "SimulatedBench", spec: "InstrumentSpec") -> None:
        self._remote = {"gpib": True, "lan": True}
        self._gpib_address = 16
        super().__init__(bench, spec)

    @call("memory.available")
    def memory(self) -> str:
        """Return free system, script, pattern and configuration memory in percent."""
        used = self._memory_used()
        return ", ".join(f"{100.0 - part:.2f}" for part in used)

    @call("memory.used")
    def used_memory(self) -> str:
        """Return used system, script, pattern and configuration memory in percent."""
        return ", ".join(f"{part:.2f}" for part in self._memory_used())

    def _memory_used(self) -> tuple[float, float, float, float]:
        patterns = 100.0 * len(self._set.patterns) / _PATTERN_MEMORY
        return 48.44, 7.16, patterns, 100.0 * min(len(self._setups) / _SETUP_MEMORY, 1.0)

    @getter("comm.gpib.enable")
    def gpib_enabled(self) -> bool:
        """Return whether GPIB is enabled."""
        return self._remote["gpib"]

    @setter("comm.gpib.enable")
    def enable_gpib(self, state: object) -> None:
        """Enable or disable GPIB."""
        self._remote["gpib"] = _boolean(state)

    @getter("comm.lan.enable")
    def lan_enabled(self) -> bool:
        """Return whether the LAN is enabled."""
        return self._remote["lan"]

    @setter("comm.lan.enable")
    def enable_lan(self, state: object) -> None:
        """Enable or disable the LAN."""
        self._remote["lan"] = _boolean(state)

    @getter("gpib.address")
    def gpib_address(self) -> int:
        """Return the GPIB address."""
        return self._gpib_address

    @setter("gpib.address")
    def set_gpib_address(self, address: object) -> None:
        """Set the GPIB address, 0 to 30."""
        self._gpib_address = int(number(address, 0, 30))

    @call("lan.reset")
    def reset_lan(self) -> None:
        """Reset the network settings, of which there are none here."""


def _boolean(value: object) -> bool:
    if not isinstance(value, bool):
        raise ScpiError(-104)
    return value
