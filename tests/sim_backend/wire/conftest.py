"""A small bench for the wire's own tests: one instrument with every kind of parameter."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
import pyvisa
from pyvisa.resources import MessageBasedResource

from labcim.sim_backend.wire.errors import ScpiError
from labcim.sim_backend.wire.fair_lock import FairLock
from labcim.sim_backend.wire.message import MessageCore
from labcim.sim_backend.wire.parameters import (
    Block,
    Boolean,
    ChannelList,
    Choice,
    Integer,
    Numeric,
    NumericList,
    String,
)
from labcim.sim_backend.wire.scpi import ScpiInstrument, block, command, query
from labcim.sim_backend.wire.serve import serve
from labcim.sim_backend.wire.server import Server
from labcim.sim_backend.wire.tsp import TspInstrument
from labcim.sim_backend.wire.tsp_sandbox import Sandbox
from labcim.sim_backend.wire.visa_library import LabcimVisaLibrary

GPIB = "GPIB0::5::INSTR"
SOCKET = "TCPIP0::bench.local::5025::SOCKET"


class Supply(ScpiInstrument):
    """A supply that remembers what it was told."""

    identity = "ACME,SUPPLY,0001,1.0"

    def __init__(self) -> None:
        super().__init__()
        self.voltage = 0.0
        self.outputs: dict[int, bool] = {}
        self.data = b""
        self.values: list[float] = []
        self.text = ""
        self.shape = "SQU"
        self.channels: list[tuple[int, ...]] = []
        self.count = 1
        self.triggers = 0
        self.clears = 0

    def reset(self) -> None:
        self.voltage = 0.0

    def trigger(self) -> None:
        if self.triggers >= 2:
            raise ScpiError(-211)
        self.triggers += 1

    def device_clear(self) -> None:
        self.clears += 1

    @command("[:SOURce[1]]:VOLTage[:LEVel]", Numeric("V", -20.0, 20.0, 1.0))
    def set_voltage(self, value: float) -> None:
        self.voltage = value

    @query("[:SOURce[1]]:VOLTage[:LEVel]", Numeric("V", -20.0, 20.0, 1.0), optional=1)
    def read_voltage(self, limit: float | None = None) -> float:
        return self.voltage if limit is None else limit

    @command("OUTPut<1..2>[:STATe]", Boolean())
    def set_output(self, channel: int, state: bool) -> None:
        self.outputs[channel] = state

    @query("OUTPut<1..2>[:STATe]")
    def read_output(self, channel: int) -> bool:
        return self.outputs.get(channel, False)

    @command(":DATA:BLOCk", Block())
    def set_data(self, data: bytes) -> None:
        self.data = data

    @query(":DATA:BLOCk")
    def read_data(self) -> bytes:
        return block(self.data)

    @command(":DATA:LIST", NumericList("V"))
    def set_values(self, values: list[float]) -> None:
        self.values = values

    @command(":DATA:TEXT", String(), Integer(1, 9), optional=1)
    def set_text(self, text: str, count: int = 1) -> None:
        self.text, self.count = text, count

    @query(":DATA:TEXT")
    def read_text(self) -> str:
        return self.text

    @command("FUNCtion:SHAPe", Choice("SINusoid", "SQUare"))
    def set_shape(self, shape: str) -> None:
        self.shape = shape

    @query("FUNCtion:SHAPe")
    def read_shape(self) -> str:
        return self.shape

    @command("ROUTe:{ROW|COLumn}:CLOSe", ChannelList())
    def close_channels(self, line: str, channels: list[tuple[int, ...]]) -> None:
        self.text, self.channels = line, channels


@dataclass
class Bench:
    """Two names for two instruments, one lock."""

    supply: Supply = field(default_factory=Supply)
    other: Supply = field(default_factory=Supply)
    lock: FairLock = field(default_factory=FairLock)
    instruments: dict[str, MessageCore] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.instruments = {GPIB: MessageCore(self.supply), SOCKET: MessageCore(self.other)}


class Controller:
    """A controller at the end of one message core."""

    def __init__(self) -> None:
        self.supply = Supply()
        self.core = MessageCore(self.supply)

    def ask(self, message: bytes) -> bytes:
        """Send a message and return its whole reply, b"" for none."""
        self.core.feed(message, True)
        return self.core.read(2**31)[0]

    def errors(self, message: bytes) -> list[int]:
        """Send a message and return the error numbers that it left."""
        self.ask(message)
        return [code for code, _ in self.supply.errors.pop_all()]


@pytest.fixture
def controller() -> Controller:
    return Controller()


@pytest.fixture(scope="session")
def controller_of() -> type[Controller]:
    """Return what makes a fresh controller, for tests that need many."""
    return Controller


@pytest.fixture
def bench() -> Bench:
    return Bench()


@pytest.fixture
def manager(bench: Bench) -> Iterator[pyvisa.ResourceManager]:
    resources = pyvisa.ResourceManager(LabcimVisaLibrary.over(bench))
    yield resources
    resources.close()


@pytest.fixture
def gpib(manager: pyvisa.ResourceManager) -> MessageBasedResource:
    return manager.open_resource(GPIB, timeout=100)


@pytest.fixture
def scripted() -> Bench:
    """Return a bench whose first instrument runs scripts, and for long if it is not stopped."""
    dialect = TspInstrument(Sandbox(budget=10**12, seconds=60.0))
    bench = Bench()
    bench.instruments = {GPIB: MessageCore(dialect)}
    return bench


@pytest.fixture
def served(bench: Bench) -> Iterator[Server]:
    with serve(bench) as server:
        yield server
