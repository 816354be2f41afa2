"""The laws of a cell, by model: what the loops in `kernels` call.

Each law has one name here and one compiled function in every model. Which one is meant follows from
the type of the parameter record ``p``: numba asks for it when it compiles a loop for that type, so
a model costs no indirection while it runs, and the loops are written once.
"""

from collections.abc import Callable
from inspect import signature
from typing import Any

from numba import from_dtype
from numba.extending import overload

from .layout import Record
from .model import CellModel, model_of_record


def _model(p: Record) -> CellModel:
    return model_of_record(from_dtype(p.dtype))


def pulse_cell(
    cell: Record,
    device: Record,
    p: Record,
    seed: int,
    index: int,
    row: float,
    column: float,
    gate: float,
    width: float,
    log_time: float,
    limit: float,
    time: float,
) -> float:
    """Deliver one pulse to one cell, change ``cell`` and return the peak current in A.

    row (the SET terminal), column, gate: V.  width: s; log_time: log10 of it in microseconds.
    limit: A.  time: s, start of the pulse.  A pulse counts even where the transistor is off.
    """
    law = _model(p).laws.pulse_cell
    peak: float = law(cell, device, p, seed, index, row, column, gate, width, log_time, limit, time)
    return peak


def present_conductance(cell: Record, device: Record, p: Record, time: float) -> float:
    """Return the true, noise-free conductance in S at ``time`` s (bench clock). Changes nothing."""
    conductance: float = _model(p).laws.present_conductance(cell, device, p, time)
    return conductance


def observed_conductance(
    cell: Record,
    device: Record,
    p: Record,
    seed: int,
    index: int,
    conductance: float,
    aperture: float,
    time: float,
) -> float:
    """Return what a read of ``aperture`` s at ``time`` s sees of ``conductance`` S; counts it."""
    law = _model(p).laws.observed_conductance
    seen: float = law(cell, device, p, seed, index, conductance, aperture, time)
    return seen


def cell_current(
    device: Record, p: Record, conductance: float, row: float, column: float, gate: float
) -> float:
    """Return the current in A from the SET terminal through the cell; noise-free.

    conductance: S, at the reference read.  row (the SET terminal), column, gate: V.
    """
    current: float = _model(p).laws.cell_current(device, p, conductance, row, column, gate)
    return current


def settle_cell(
    cell: Record, device: Record, p: Record, seed: int, index: int, time: float, temperature: float
) -> None:
    """Bring a cell up to date at ``time`` s, at which its chip goes on at ``temperature`` K.

    Until then it was at p.temperature, since p.temperature_since s. What depends on both, such as
    how far a cell has leaked, goes into its state. Only for models that have this law.
    """
    _model(p).laws.settle_cell(cell, device, p, seed, index, time, temperature)


def warm_cell(
    cell: Record,
    device: Record,
    p: Record,
    seed: int,
    index: int,
    time: float,
    temperature: float,
    duration: float,
) -> None:
    """Keep a cell at ``temperature`` K for ``duration`` s from ``time`` s on, without a voltage.

    Only for models that have this law.
    """
    _model(p).laws.warm_cell(cell, device, p, seed, index, time, temperature, duration)


def _chosen(law: Callable[..., float | None]) -> Callable[..., Any]:
    """Return what numba asks, with the types of a call's arguments, for the function to compile."""
    place = list(signature(law).parameters).index("p")

    def chosen(*types: Any) -> Any:
        return getattr(model_of_record(types[place]).laws, law.__name__).py_func

    return chosen


# Into the loop that calls it: see `inlining`.
_OPTIONS: Any = {"nogil": True, "error_model": "numpy", "forceinline": True}
for _law in (
    pulse_cell, present_conductance, observed_conductance, cell_current, settle_cell, warm_cell,
):  # fmt: skip
    _compiled_as = overload(_law, jit_options=_OPTIONS, strict=False)
    _compiled_as(_chosen(_law))
