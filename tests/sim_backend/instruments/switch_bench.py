"""A switch without a chip: what its relays do is written down with simulated time."""

from pathlib import Path
from types import SimpleNamespace

from labcim.sim_backend.instruments.keithley707b import Keithley707B
from labcim.sim_backend.instruments.keithley3706a import Keithley3706A

SWITCHES = {"keithley3706a": Keithley3706A, "keithley707b": Keithley707B}


class Relays:
    """The part of a bench that a switch needs; ``live``: whether a source is on."""

    def __init__(self, folder: Path, stuck=None, seed=1) -> None:
        self.now = 0.0
        self.log = []  # (time, "close" or "open", node, node)
        self.ohms = {}  # of contacts that are closed
        self.hot = []
        self.wiring = SimpleNamespace(is_live=False)
        self.truth = SimpleNamespace(action=lambda _, kind, name, __: self.hot.append((kind, name)))
        self.chip_file = SimpleNamespace(
            chip=SimpleNamespace(seed=seed),
            faults=SimpleNamespace(stuck_relays=stuck or {}),
            state_folder=folder,
        )

    def advance(self, duration):
        self.now += duration

    def connect(self, a, b, ohm=0.0):
        self.log.append((self.now, "close", a, b))
        self.ohms[a, b] = ohm

    def disconnect(self, a, b):
        self.log.append((self.now, "open", a, b))
        del self.ohms[a, b]


class Matrix:
    """A switch named "matrix" by itself. ``options`` are those of the chip file."""

    def __init__(self, folder, model="keithley3706a", *, stuck=None, seed=1, **options) -> None:
        self.bench = Relays(folder, stuck, seed)
        spec = SimpleNamespace(name="matrix", serial="04447336", options=options)
        self.instrument = SWITCHES[model](self.bench, spec)

    def say(self, message: str):
        """Say a message and return the answer."""
        answer = self.instrument.execute(message.encode())
        return None if answer is None else answer.decode()

    def closed(self):
        """Return what the switch says is closed."""
        return self.say("print(channel.getclose('allslots'))")

    def errors(self):
        """Take all errors out of the queue."""
        return [f"{code} {words}" for code, words in self.instrument.errors.pop_all()]

    def moves(self):
        """Return what relays did, in order."""
        return [what for _, what, _, _ in self.bench.log]
