"""The simulated bench: chip, clock, true wiring and instruments of one chip file.

    bench = SimulatedBench.shared(Path("chip.toml"))
    core = bench.instruments["TCPIP0::BOARD::INST0::INSTR"]

An instrument's model is a file in `sim_backend/instruments/` that names its class ``SIMULATED``;
the class is made with (bench, spec) and is a `Dialect` of the wire.
"""

import importlib
import math
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from pkgutil import iter_modules
from typing import Any, Final, Protocol, final, runtime_checkable

from labcim.errors import LabcimError, RangeError, RecipeError

from .chip.chip_file import ChipFile, InstrumentSpec
from .chip.crossbar import CrossbarChip
from .chip.electrics import Electrics
from .chip.holding import take
from .chip.manage import ensure_state
from .chip.wafer import Wafer
from .chip.wired_chip import WiredChip
from .chip.wiring import Wiring
from .instruments._options import check_options
from .wire.fair_lock import FairLock
from .wire.message import MessageCore

TRIGGER_LEVEL: Final = 1.4  # V, between the two levels of TTL


@runtime_checkable
class Triggered(Protocol):
    """A simulated instrument with a trigger input."""

    def trigger_input(self, high: bool) -> None:
        """Take notice of the level at it."""


class Instruments(Mapping[str, MessageCore]):
    """Message cores by VISA resource name; upper or lower case does not matter."""

    def __init__(self) -> None:
        self._cores: dict[str, MessageCore] = {}
        self._names: dict[str, str] = {}

    def add(self, address: str, core: MessageCore) -> None:
        """Put an instrument on the bench."""
        self._cores[address.upper()] = core
        self._names[address.upper()] = address

    def __getitem__(self, address: str) -> MessageCore:
        return self._cores[address.upper()]

    def __contains__(self, address: object) -> bool:
        return isinstance(address, str) and address.upper() in self._cores

    def __iter__(self) -> Iterator[str]:
        return iter(self._names.values())

    def __len__(self) -> int:
        return len(self._cores)


@runtime_checkable
class Kept(Protocol):
    """An instrument with files of its own in the chip's state."""

    def close(self) -> None:
        """Let go of them."""


@final
class SimulatedBench(Electrics):
    """One bench; it holds the chip's state until it is closed.

    lock: held by the wire during every exchange.  instruments: cores by VISA resource name.
    simulated: the instruments themselves by the name that the chip file gives them.
    Raises BenchHeldError where another process has the chip, RecipeError for a bad chip file.
    """

    def __init__(self, path: str | Path) -> None:
        self.chip_file = ChipFile.load(Path(path))
        self.lock = FairLock()
        self._held = take(self.chip_file.state_folder)
        try:
            ensure_state(self.chip_file)
            super().__init__(CrossbarChip(self.chip_file), Wiring(self.chip_file))
            table = self.chip_file.wafer
            self.wafer = Wafer(table, self.chip_file, self.chip, self.wiring) if table else None
            self.instruments = Instruments()
            self.simulated: dict[str, Any] = {}
            self._triggered: dict[str, list[tuple[str, Triggered]]] = {}
            for spec in self.chip_file.instrument:
                self._install(spec)
        except BaseException:
            self._held.release()
            raise
        self.users = 1

    def _install(self, spec: InstrumentSpec) -> None:
        kind = simulated_class(spec.model)
        check_options(kind, spec)
        made = kind(self, spec)
        self.simulated[spec.name] = made
        if isinstance(made, Triggered):
            name = f"{spec.name}.trigger"
            self._triggered.setdefault(self.wiring.node(name), []).append((name, made))
        self.instruments.add(spec.address, MessageCore(made))

    def drive(
        self,
        terminal: str,
        voltage: float | None,
        *,
        impedance: float = 50.0,
        current_limit: float = math.inf,
        kind: str = "source",
    ) -> None:
        """As `Electrics.drive`; a trigger input that is wired to the terminal takes notice."""
        super().drive(
            terminal, voltage, impedance=impedance, current_limit=current_limit, kind=kind
        )
        for _, made in self._triggered.get(self.wiring.node(terminal), ()):
            made.trigger_input(voltage is not None and voltage > TRIGGER_LEVEL)

    def edges(self, terminal: str) -> None:
        """Tell the trigger inputs that are wired to a connector that a pulse is on it.

        An input is ``INSTRUMENT.trigger``; both edges of the pulse come at once here.
        """
        for name, made in self._triggered.get(self.wiring.node(terminal), ()):
            if name != terminal:
                made.trigger_input(True)
                made.trigger_input(False)

    def wired_chip(self, instrument: str) -> WiredChip:
        """Return the chip as an instrument with a driver on every line finds it."""
        return WiredChip(self.chip, self.chip_file, self.wiring, instrument, self.waveforms)

    def power_cycle(self, name: str) -> None:
        """Turn one instrument off and on again: it forgets what a real one would forget.

        Raises RangeError for one that is not on the bench.
        """
        if name not in self.simulated:
            known = ", ".join(self.simulated)
            raise RangeError(f"there is no instrument {name!r} on the bench; there are {known}")
        tool = self.simulated[name]
        with self.lock:
            address = next(s.address for s in self.chip_file.instrument if s.name == name)
            self.instruments[address].clear()
            getattr(tool, "power_cycle", getattr(tool, "reset", tool.device_clear))()

    @classmethod
    def shared(cls, path: str | Path) -> "SimulatedBench":
        """Return this process's one bench for a chip file; each call wants one `close`."""
        resolved = Path(path).resolve()
        with _guard:
            if resolved in _open:
                _open[resolved].users += 1
            else:
                _open[resolved] = cls(resolved)
            return _open[resolved]

    def close(self) -> None:
        """Give the bench back; the last one to do so closes it."""
        with _guard:
            self.users -= 1
            if self.users > 0:
                return
            if _open.get(self.chip_file.path) is self:
                del _open[self.chip_file.path]
            with self.lock:
                for tool in self.simulated.values():
                    if isinstance(tool, Kept):
                        tool.close()
                self.chip.close()
                self._held.release()

    def __enter__(self) -> "SimulatedBench":
        return self

    def __exit__(self, *trouble: object) -> None:
        self.close()


_open: dict[Path, SimulatedBench] = {}
_guard = threading.RLock()


def simulated_models() -> list[str]:
    """Return the models that a chip file may name."""
    rooms = importlib.import_module(f"{__package__}.instruments").__path__
    return sorted(found.name for found in iter_modules(rooms) if not found.name.startswith("_"))


def simulated_class(model: str) -> Any:
    """Return the class of a simulated instrument by its model name. Raises RecipeError."""
    name = f"{__package__}.instruments.{model}"
    try:
        module = importlib.import_module(name)
    except ModuleNotFoundError as trouble:
        if trouble.name != name:
            raise
        raise RecipeError(
            f"chip file: there is no simulated instrument {model!r}; "
            f"known are {', '.join(simulated_models())}"
        ) from trouble
    try:
        return module.SIMULATED
    except AttributeError as trouble:
        raise LabcimError(f"{name} names no SIMULATED class") from trouble
