"""An instrument with a 256 x 256 block to read; run as a script it is served, addresses first."""

import json
import sys

import numpy as np

from labcim.sim_backend.wire.fair_lock import FairLock
from labcim.sim_backend.wire.message import MessageCore
from labcim.sim_backend.wire.scpi import ScpiInstrument, block, query
from labcim.sim_backend.wire.serve import serve

NAME = "GPIB0::5::INSTR"
SIZE = 256


class Array(ScpiInstrument):
    """Answers with 256 x 256 numbers as REAL,32."""

    identity = "LABCIM,ARRAY,1,1.0"

    def __init__(self) -> None:
        super().__init__()
        self._values = np.linspace(0.0, 1.0, SIZE * SIZE, dtype="<f4").reshape(SIZE, SIZE)

    @query("DATA:ARRay")
    def _array(self) -> bytes:
        return block(self._values.tobytes())


class ArrayBench:
    """A bench with that one instrument."""

    def __init__(self) -> None:
        self.lock = FairLock()
        self.instruments = {NAME: MessageCore(Array())}


if __name__ == "__main__":
    with serve(ArrayBench()) as server:
        addresses = {road: names[NAME] for road, names in server.addresses.items()}
        print(json.dumps(addresses), flush=True)
        sys.stdin.read()
