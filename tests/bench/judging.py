"""What the truth log says about a run: its pulses beside the record's, its outputs at the end."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from labcim.app.record import RunView
from labcim.sim_backend.chip.truth import Truth

#: The order in which a bench is made safe.
PHASES = ("source", "gate", "output", "relay")


def of_run(records: NDArray[np.void], view: RunView) -> NDArray[np.void]:
    """Return the truth records that belong to a run, by bench time."""
    times = [document.bench_time for document in documents_of(view)]
    return records[(records["time"] >= times[0]) & (records["time"] <= times[-1])]


def documents_of(view: RunView) -> list[Any]:
    import labcim

    with labcim.open_record(view.record) as record:
        return list(record.documents(view.run))


def last_of_each_cell(records: NDArray[np.void]) -> NDArray[np.void]:
    """Return the last record of every cell in ``records``, by cell."""
    backwards = records[::-1]
    _, at = np.unique(backwards["cell"], return_index=True)
    return backwards[at]


def usable(truth: Truth) -> NDArray[np.bool_]:
    """Say of each cell whether it is formed and not dead."""
    cells = truth.cells()
    return (cells["stuck"] == 0) & (cells["formed"] != 0)


def true_errors(truth: Truth, view: RunView) -> NDArray[np.float64]:
    """Return |true conductance - target| in S of each usable cell at its own last reading."""
    last = last_of_each_cell(of_run(truth.reads(), view))
    targets = view.readings().set_index("cell").sort_index()["target"].to_numpy()
    error = np.abs(last["conductance"] - targets[last["cell"]])
    return np.asarray(error[usable(truth)[last["cell"]]])


def assert_same_pulses(truth: Truth, view: RunView) -> None:
    """Every pulse of the truth is on record and no other: cell, amplitude, width and gate.

    Compared cell by cell in the order in which each cell got them.
    """
    found, said = of_run(truth.pulses(), view), view.pulses()
    assert int(said["count"].sum()) == len(found)
    assert (said["count"] == 1).all()
    by_cell = np.argsort(found["cell"], kind="stable")
    kept = said.sort_values("cell", kind="stable")
    for name in ("cell", "amplitude", "gate", "width"):
        one, other = found[name][by_cell].astype("f4"), kept[name].to_numpy().astype("f4")
        assert np.allclose(one, other, rtol=2e-6, atol=0.0), name


def moved_under_voltage(truth: Truth) -> list[tuple[str, dict[str, float]]]:
    """Return every relay that moved while a source or gate was not at 0 V, with their levels."""
    levels: dict[str, float] = {}
    wrong = []
    for action in truth.actions():
        kind, target = action["kind"].decode(), action["target"].decode()
        if kind in ("source", "gate"):
            levels[target] = float(action["value"])
        elif kind == "output" and not action["value"]:
            levels[target] = 0.0
        elif kind == "relay" and any(levels.values()):
            wrong.append((target, {name: volts for name, volts in levels.items() if volts}))
    return wrong


def left_on(truth: Truth) -> list[str]:
    """Return what is not at rest at the end of the log: levels, outputs, relays."""
    last = {
        (action["kind"].decode(), action["target"].decode()): float(action["value"])
        for action in truth.actions()
        if action["kind"].decode() in PHASES
    }
    return [f"{kind} {target}" for (kind, target), value in last.items() if value]


def order_of_the_end(truth: Truth) -> list[str]:
    """Return the kinds of actions that brought the bench to rest, in order, each once."""
    kinds = [
        (action["kind"].decode(), float(action["value"]))
        for action in truth.actions()
        if action["kind"].decode() in PHASES
    ]
    # From the end back to the last thing that was switched or raised.
    raised = max((i for i, (_, value) in enumerate(kinds) if value), default=-1)
    order: list[str] = []
    for kind, _ in kinds[raised + 1 :]:
        if not order or order[-1] != kind:
            order.append(kind)
    return order
