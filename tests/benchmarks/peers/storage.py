"""Points into a QCoDeS database: one by one, 1000 as two blobs, and 1000 as rows that SQL can see.

The time is that of a whole run, until all of it is on the disk.
"""

import tempfile
import time
from pathlib import Path

import numpy as np
import qcodes
from qcodes.dataset import (
    Measurement,
    initialise_or_create_database_at,
    load_or_create_experiment,
)
from timing import tell

POINTS, ARRAYS, LENGTH = 5000, 100, 1000


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        initialise_or_create_database_at(Path(folder) / "peer.db")
        experiment = load_or_create_experiment("speed", "sample")
        tell(
            qcodes=qcodes.__version__,
            single=_seconds(experiment, "numeric", _single) / POINTS,
            arrays=_seconds(experiment, "array", _arrays) / (ARRAYS * LENGTH),
            rows=_seconds(experiment, "numeric", _arrays) / (ARRAYS * LENGTH),
        )


def _seconds(experiment: object, kind: str, add: object) -> float:
    """Return the CPU time of a whole run, s: begin, add, close."""
    measurement = Measurement(exp=experiment)
    measurement.register_custom_parameter("cell", paramtype=kind)
    measurement.register_custom_parameter("conductance", paramtype=kind, setpoints=("cell",))
    begin = time.process_time()
    with measurement.run() as saver:
        add(saver.datasaver if hasattr(saver, "datasaver") else saver)
    return time.process_time() - begin


def _single(saver: object) -> None:
    for cell in range(POINTS):
        saver.add_result(("cell", cell), ("conductance", 1e-6 * cell))


def _arrays(saver: object) -> None:
    cells = np.arange(LENGTH)
    for _ in range(ARRAYS):
        saver.add_result(("cell", cells), ("conductance", 1e-6 * cells))


if __name__ == "__main__":
    main()
