"""A session after a timeout: a late reply is never taken for the next answer."""

import socket
import threading

import pytest

from labcim.errors import TransportError
from labcim.transport import VisaTransport


class LateInstrument:
    """Answers ``SLOW?`` only when the next question has come: right before its answer."""

    def __init__(self, identities=("LATE,INSTRUMENT,1",)):
        self._identities = list(identities)
        self._server = socket.create_server(("127.0.0.1", 0))
        self.address = f"TCPIP0::127.0.0.1::{self._server.getsockname()[1]}::SOCKET"
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *trouble):
        self._server.close()
        self._thread.join(2)

    def _serve(self):
        client, _ = self._server.accept()
        late = b""
        with client, client.makefile("rb") as lines:
            for line in lines:
                word = line.strip().decode()
                if word == "DIE?":
                    return
                if word == "SLOW?":
                    late = b"the slow answer\n"
                    continue
                answer = {"*IDN?": self._who(), "FAST?": "the fast answer"}[word]
                client.sendall(late + answer.encode() + b"\n")
                late = b""

    def _who(self):
        return self._identities.pop(0) if len(self._identities) > 1 else self._identities[0]


def opened(instrument):
    line = VisaTransport(instrument.address, "@py", timeout=0.2)
    line.query("*IDN?")
    return line


def test_an_answer_that_does_not_come_is_named_with_its_question():
    with LateInstrument() as instrument:
        line = opened(instrument)
        with pytest.raises(TransportError, match=r"did not answer 'SLOW\?'"):
            line.query("SLOW?")
        line.close()


def test_a_late_reply_is_not_the_next_answer():
    with LateInstrument() as instrument:
        line = opened(instrument)
        with pytest.raises(TransportError):
            line.query("SLOW?")
        assert line.query("FAST?") == "the fast answer"
        line.close()


def test_an_instrument_that_comes_back_as_another_is_given_up():
    with LateInstrument(["LATE,INSTRUMENT,1", "SOMEBODY,ELSE,2"]) as instrument:
        line = opened(instrument)
        with pytest.raises(TransportError):
            line.query("SLOW?")
        with pytest.raises(TransportError):
            line.query("FAST?")
        line.close()


def test_a_connection_that_ends_is_told_at_once_and_for_good():
    with LateInstrument() as instrument:
        line = opened(instrument)
        with pytest.raises(TransportError):
            line.query("DIE?")
        for _ in range(3):
            with pytest.raises(TransportError, match="ended by the other side"):
                line.query("*IDN?")
        line.clear()
        line.close()


def test_nobody_at_an_address_is_one_sentence_with_the_address():
    with pytest.raises(TransportError, match=r"TCPIP0::127.0.0.1::1::SOCKET through @py cannot be"):
        VisaTransport("TCPIP0::127.0.0.1::1::SOCKET", "@py")
