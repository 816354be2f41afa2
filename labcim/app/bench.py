"""An open bench for scripts and notebooks: run recipes on it, and read what came of them."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from functools import partial
from importlib.metadata import version
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeVar

from labcim import __version__
from labcim.bench_file import load_bench
from labcim.bit_capabilities import BulkLogic, ChargeSums
from labcim.capabilities import Cells, Feedback, Floats, ParallelUpdate, Vectors
from labcim.clock import Clock
from labcim.documents import Sink
from labcim.errors import RecipeError
from labcim.host import Host
from labcim.job_desk import Job
from labcim.protocol import Capabilities
from labcim.recipe import Recipe
from labcim.runner import OnProgress, Resumed
from labcim.traffic import TrafficFile

from .contact import wiring_faults
from .earlier_map import earlier_map
from .recipes import recipe_from_text, spec_of
from .record import RunView, open_record, open_store
from .report import Report

if TYPE_CHECKING:
    from labcim.instrument_capabilities import Prober
    from labcim.programming.matrix import AnalogMatrix
    from labcim.record import RunHistory
    from labcim.safety import SafetyReport
    from labcim.steering import Steering

DEFAULT_RECORD = "labcim.sqlite"

Found = TypeVar("Found")


class Bench:
    """A bench that this process holds. Use it as a context: it is safe when the context ends."""

    def __init__(
        self,
        path: str | Path,
        record: str | Path = DEFAULT_RECORD,
        traffic: str | Path | None = None,
    ) -> None:
        self.path = Path(path)
        self.url = str(record)
        bench = load_bench(self.path)
        self._open = ExitStack()
        recording = self._open.enter_context(TrafficFile(Path(traffic))) if traffic else None
        self._host = Host(bench, self.path, record=_absolute(self.url), recording=recording)

    def __enter__(self) -> "Bench":
        with self._open:  # unless all goes well, nothing stays open
            self._open.enter_context(self._host)
            self._open = self._open.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._open.__exit__(kind, value, trace)

    @property
    def cells(self) -> Cells:
        """Return the chip's cells for a look by hand. What is done here is on no record."""
        return self._host.station.cells

    @property
    def vectors(self) -> Vectors:
        """Return what multiplies vectors with the chip. Raises RecipeError where nothing does."""
        return _offered(self._host.station.capabilities.vectors, "multiplies vectors")

    @property
    def updates(self) -> ParallelUpdate:
        """Return what updates all cells at once. Raises RecipeError where nothing does.

        What is done here is on no record.
        """
        return _offered(self._host.station.capabilities.updates, "updates all cells at once")

    @property
    def feedback(self) -> Feedback:
        """Return what closes loops around the chip. Raises RecipeError where nothing does."""
        return _offered(self._host.station.capabilities.feedback, "closes a loop around the chip")

    @property
    def bits(self) -> BulkLogic:
        """Return what writes and opens rows of bits. Raises RecipeError where nothing does.

        What is done here is on no record.
        """
        return _offered(self._host.station.capabilities.bits, "holds rows of bits")

    @property
    def sums(self) -> ChargeSums:
        """Return what multiplies with stored bits. Raises RecipeError where nothing does."""
        return _offered(self._host.station.capabilities.sums, "multiplies with rows of bits")

    def matrix(self, weights: Floats, *, rounds: int = 1, **how: Any) -> "AnalogMatrix":
        """Write a matrix, (outputs, inputs), into the chip's cells, calibrate it, and return it.

        rounds: how often all cells are gone over.  how: as ``labcim.AnalogMatrix`` takes it. The
        cells are written by runs of ``write_verify``, so that every pulse is on record; products
        are readings. Raises what those raise.
        """
        from .matrix import AnalogMatrix, recorded_writer

        matrix = AnalogMatrix(weights, self._host.station.capabilities, **how)
        return matrix.program(recorded_writer(self), rounds=rounds).recalibrate()

    @property
    def clock(self) -> Clock:
        """Return the bench's clock."""
        return self._host.station.clock

    @property
    def prober(self) -> "Prober | None":
        """Return what moves a wafer, None where nothing does."""
        return self._host.station.prober

    @property
    def chip_identity(self) -> str:
        """Return which chip is on the bench."""
        return self._host.bench.chip.identity

    def chip_is(self, identity: str) -> None:
        """Say which chip is on the bench from now on: another die, of the same kind."""
        self._host.chip_is(identity)

    def make_safe(self) -> "SafetyReport":
        """Turn every output off and read it back."""
        return self._host.station.make_safe()

    @property
    def identities(self) -> Mapping[str, str]:
        """Return role -> identity of every instrument."""
        return self._host.station.identities

    @property
    def steering(self) -> "Steering":
        """Return what pauses, stops and aborts a run from another thread."""
        return self._host.steering

    def look(self, at: Callable[[Capabilities], Found]) -> Found:
        """Let a function look at the chip outside of a run; the bench is safe afterwards.

        For checks that stimulate nothing: what is pulsed here is on no record.
        """
        station = self._host.station
        try:
            return at(station.capabilities)
        finally:
            station.make_safe()

    def check_contacts(self) -> list[str]:
        """Return one sentence for each line that is not as the bench file says; 50 mV at most.

        Rows that have changed places show where the record has a map of the chip.
        """
        return self.look(self._contact_check())

    def _contact_check(self) -> Callable[[Capabilities], list[str]]:
        chip = self._host.bench.chip
        known = earlier_map(self.url, chip.identity, chip.topology())
        return partial(wiring_faults, reference=known)

    def run(
        self,
        recipe: Recipe,
        *,
        report: str | Path | None = None,
        on_progress: OnProgress | None = None,
        listeners: Sequence[Sink] = (),
        check_contacts: bool = True,
    ) -> RunView:
        """Run a recipe to its end; every document is on record before this returns."""
        return self._run(recipe, None, report, on_progress, listeners, check_contacts)

    def serve(self, on_end: Callable[[RunView], None]) -> None:
        """Do what other processes hand in, one job after the other, until ``end_serving``."""

        def do(job: Job) -> None:
            if job.kind == "resume":
                on_end(self.resume(job.what))
            else:
                on_end(self.run(recipe_from_text(job.what, self.path.parent)))

        self._host.serve(do)

    def end_serving(self) -> None:
        """Take no more jobs; the run that is on is not touched."""
        self._host.end_serving()

    def resume(
        self,
        run: str = "last",
        *,
        report: str | Path | None = None,
        on_progress: OnProgress | None = None,
        listeners: Sequence[Sink] = (),
    ) -> RunView:
        """Go on with a run that did not complete: only the units that are not done."""
        earlier = open_record(self.url)
        state = earlier.resume_state(run)
        recipe = recipe_from_text(state.recipe, self.path.parent)
        if state.chip != self._host.bench.chip.identity:
            raise RecipeError(
                f"run {run} was made on chip {state.chip!r}, this bench has "
                f"{self._host.bench.chip.identity!r}"
            )
        resumed = Resumed(state, earlier.done_rows(run), _results(earlier, run))
        earlier.close()
        return self._run(recipe, resumed, report, on_progress, listeners, True)

    def _run(
        self,
        recipe: Recipe,
        resumed: Resumed | None,
        report: str | Path | None,
        on_progress: OnProgress | None,
        listeners: Sequence[Sink],
        check_contacts: bool,
    ) -> RunView:
        spec = spec_of(recipe, resumed.results if resumed else frozenset())
        page = Report()
        preflight = self._contact_check() if check_contacts else None
        with open_store(self.url) as store:
            stop = self._host.run(
                spec,
                recipe,
                resumed=resumed,
                required_sinks=[store, page],
                listeners=list(listeners),
                on_progress=on_progress,
                versions=versions(),
                preflight=preflight,
            )
        if report is not None:
            page.write(Path(report))
        return RunView(self.url, stop)


def open_bench(
    path: str | Path,
    *,
    record: str | Path = DEFAULT_RECORD,
    traffic: str | Path | None = None,
) -> Bench:
    """Open a bench file and hold the bench; use it in a ``with``.

    traffic: a new file that keeps all that is said to the instruments (see ``labcim traffic``).
    Raises RecipeError, BenchHeldError, TransportError, RecordError before anything is driven.
    """
    return Bench(path, record, traffic)


def _results(record: "RunHistory", run: str) -> frozenset[str]:
    """Return the names of the results of a run, and of those that it goes on with."""
    names: set[str] = set()
    while run:
        detail = record.run(run)
        names.update(result.name for result in detail.results)
        run = detail.summary.resumes
    return frozenset(names)


def _offered(capability: Found | None, what: str) -> Found:
    if capability is None:
        raise RecipeError(f"nothing on this bench {what}, or its chip does not allow it")
    return capability


def _absolute(record: str) -> str:
    """Return a record as other processes, in other folders, find it."""
    return record if "://" in record else str(Path(record).absolute())


def versions() -> dict[str, str]:
    """Return the versions that a result may depend on."""
    return {"labcim": __version__, **{name: version(name) for name in ("numpy", "numba", "pyvisa")}}
