"""The probed chip of a bench file: which of its instruments does what."""

from collections.abc import Mapping

from .bench_file import BenchFile
from .clock import Clock
from .errors import RangeError, RecipeError
from .instrument import Instrument
from .instrument_capabilities import PulseSource, SourceMeter, SourceMeters, SwitchMatrix
from .pad_map import Crosspoints, pad_map_from_bench
from .probed_chip import READ_LIMIT, ProbedChip


def probed_chip_from_bench(
    bench: BenchFile, instruments: Mapping[str, Instrument], clock: Clock
) -> ProbedChip:
    """Return the probed chip of a bench file. Raises RecipeError where instruments do not fit."""
    entry = bench.probed_chip
    if entry is None:
        raise RecipeError("bench file: a probed chip needs a [probed_chip] table")
    meter: object = instruments[entry.source_meter]
    pulser, matrix = instruments[entry.pulse_source], instruments[entry.matrix]
    if isinstance(meter, SourceMeters):
        meter = _one_of(meter, entry.sense_terminal)
    if not isinstance(meter, SourceMeter):
        raise RecipeError(f"source_meter = {entry.source_meter!r}: that is no source-meter")
    if not isinstance(pulser, PulseSource):
        raise RecipeError(f"pulse_source = {entry.pulse_source!r}: that delivers no pulses")
    if not isinstance(matrix, SwitchMatrix) or not isinstance(matrix, Crosspoints):
        raise RecipeError(f"matrix = {entry.matrix!r}: that is no switch matrix")
    limits = bench.chip.limits
    return ProbedChip(
        meter,
        pulser,
        matrix,
        pad_map_from_bench(bench, matrix),
        bench.chip.topology(),
        clock,
        limits=limits,
        drain_channel=entry.drain_channel,
        gate_channel=entry.gate_channel,
        read_limit=min(READ_LIMIT, limits.row.current, limits.column.current),
    )


def _one_of(meters: SourceMeters, terminal: str) -> SourceMeter:
    """Return the source-meter behind a terminal. Raises RecipeError for no such terminal."""
    try:
        return meters.source_meter(terminal)
    except RangeError as trouble:
        raise RecipeError(f"sense_terminal = {terminal!r}: {trouble}") from trouble
