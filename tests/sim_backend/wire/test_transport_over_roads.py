"""Our own drivers' line to an instrument, over every road that a server offers."""

import gc
import threading

import pytest

from labcim.errors import TransportError
from labcim.sim_backend.wire.message import MessageCore
from labcim.sim_backend.wire.scpi import ScpiInstrument, query
from labcim.sim_backend.wire.serve import ROADS, serve
from labcim.transport import VisaTransport

NAME = "GPIB0::5::INSTR"
# PyVISA-py 0.8.1 leaves the closing of sockets whose other end is gone to the collector.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


class Slow(ScpiInstrument):
    """Answers one of its questions only when it is told to."""

    identity = "ACME,SLOW,1,1.0"

    def __init__(self) -> None:
        super().__init__()
        self.told = threading.Event()
        self.asked = threading.Event()

    @query("SLOW")
    def slow(self) -> int:
        self.asked.set()
        self.told.wait(30.0)
        return 11

    @query("FAST")
    def fast(self) -> int:
        return 22


@pytest.fixture
def slow(bench):
    instrument = Slow()
    bench.instruments = {NAME: MessageCore(instrument)}
    yield instrument
    instrument.told.set()


@pytest.fixture(params=ROADS)
def line(request, bench, slow):
    with serve(bench, roads=[request.param]) as server:
        transport = VisaTransport(server.addresses[request.param][NAME], "@py", timeout=0.2)
        transport.query("*IDN?")
        yield transport
        slow.told.set()
        transport.close()
    gc.collect()


def test_a_late_reply_is_not_the_next_answer(line, slow):
    with pytest.raises(TransportError, match=r"did not answer 'SLOW\?'"):
        line.query("SLOW?")
    slow.told.set()
    assert line.query("FAST?") == "22"
    assert line.query("*IDN?") == "ACME,SLOW,1,1.0"


def test_a_question_that_is_refused_leaves_the_line_in_order(line):
    with pytest.raises(TransportError):
        line.query("NONSENSE?")
    assert line.query("FAST?") == "22"


def test_a_server_that_goes_away_is_a_clean_error_again_and_again(bench, slow):
    for road in ROADS:
        server = serve(bench, roads=[road])
        transport = VisaTransport(server.addresses[road][NAME], "@py", timeout=0.2)
        assert transport.query("FAST?") == "22"
        server.close()
        for _ in range(3):
            with pytest.raises(TransportError, match=transport.address.split("::")[1]):
                transport.query("FAST?")
        transport.close()
    gc.collect()
