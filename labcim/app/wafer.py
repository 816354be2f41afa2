"""A pass over a wafer: every recipe of a plan on every die, each a run of its own on record.

The wafer moves only when every output is off, read back. What is done already is found on record:
a pass that was cut off goes on where it stopped, and in a run that was cut off, with its next unit.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from labcim.documents import Event, Outcome
from labcim.errors import RecipeError, SafetyError
from labcim.instrument_capabilities import Prober
from labcim.recipe import Recipe
from labcim.record import RunSummary

from .bench import Bench
from .record import open_record, open_store
from .wafer_plan import Die, WaferPlan

OnProgress = Callable[[str, float, str], None]

_ENDED = ("completed", "failed")  # what is not done again
_BAD = ("FAIL", "ERROR")
_WORST_FIRST: tuple[Outcome, ...] = ("ERROR", "FAIL", "ABORTED", "PASS")


@dataclass(slots=True)
class DieRecord:
    """What is known of a die: the latest run of each step, None where there is none."""

    die: Die
    runs: list[RunSummary | None]
    touchdowns: int = 0
    trouble: str = ""

    @property
    def outcome(self) -> Outcome:
        """Return the worst of the steps; ABORTED while some are missing, ERROR without contact."""
        if self.trouble:
            return "ERROR"
        said = {"ABORTED" if run is None else run.outcome for run in self.runs}
        return next((worst for worst in _WORST_FIRST if worst in said), "NONE")

    @property
    def failed(self) -> bool:
        """Say whether the die is not as it should be."""
        return self.outcome in _BAD


@dataclass(slots=True)
class WaferPass:
    """One pass; make it for an open bench and call it.

    Raises RecipeError for a bench without a prober, SafetyError where outputs are not off.
    """

    bench: Bench
    plan: WaferPlan
    on_progress: OnProgress = lambda unit, fraction, text: None
    _failed_in_a_row: int = field(default=0, init=False)

    def __call__(self) -> list[DieRecord]:
        """Do what is not done yet and return what is known of every die."""
        chip = self.bench.chip_identity
        try:
            with self._separated() as prober:
                dies = self._dies(prober)
                records = [DieRecord(die, self._known(chip, die)) for die in dies]
                for number, record in enumerate(records):
                    if not self._die(prober, chip, record, number / len(records), len(records)):
                        break
        finally:
            self.bench.chip_is(chip)
        return records

    @contextmanager
    def _separated(self) -> Iterator[Prober]:
        """Hand out the prober; take the needles up before and after, with outputs off."""
        prober = self.bench.prober
        if prober is None:
            raise RecipeError("the bench has no prober: name one in the bench file")
        try:
            self._lift(prober)
            yield prober
        finally:
            self._lift(prober)

    def _lift(self, prober: Prober) -> None:
        report = self.bench.make_safe()
        if not report.safe:
            raise SafetyError(f"the wafer does not move: {report}")
        prober.separate()

    def _dies(self, prober: Prober) -> list[Die]:
        known = prober.dies() if self.plan.dies == "all" else list(self.plan.dies)
        unknown = [die for die in self.plan.skip if die not in known]
        if unknown:
            raise RecipeError(f"skip: {unknown} are no dies of this pass")
        return [die for die in known if die not in self.plan.skip]

    def _known(self, chip: str, die: Die) -> list[RunSummary | None]:
        return runs_of(self.bench.url, self.plan, chip, die)

    def _die(self, prober: Prober, chip: str, record: DieRecord, done: float, dies: int) -> bool:
        """Do one die. Returns whether the pass goes on."""
        if self._is_done(record):
            return True
        name = "die ({},{})".format(*record.die)

        def progress(unit: str, fraction: float, text: str) -> None:
            self.on_progress(f"{name} {unit}", done + fraction / dies, text)

        self.bench.chip_is(self.plan.chip_of(chip, record.die))
        for attempt in range(self.plan.retests + 1):
            self._lift(prober)
            prober.go_to(*record.die)
            if not self._touch(prober, record):
                continue
            if not self._steps(record, progress, anew=attempt > 0):
                return False
            if not record.failed:
                break
        return self._still_sound(record)

    def _still_sound(self, record: DieRecord) -> bool:
        """Return whether not too many dies failed one after the other: then it is the needles."""
        self._failed_in_a_row = self._failed_in_a_row + 1 if record.failed else 0
        enough = 0 < self.plan.stop_after <= self._failed_in_a_row
        if enough:
            self._note("stopped", f"{self._failed_in_a_row} dies failed one after the other")
        return not enough

    def _is_done(self, record: DieRecord) -> bool:
        for step, run in zip(self.plan.step, record.runs, strict=True):
            if run is None or run.state not in _ENDED:
                return False
            if run.outcome in _BAD and step.on_fail != "go on":
                return True
        return True

    def _touch(self, prober: Prober, record: DieRecord) -> bool:
        """Bring the needles down until the contacts are good. Returns whether they are."""
        for _ in range(self.plan.touchdowns):
            self._lift(prober)
            prober.contact()
            record.touchdowns += 1
            faults = self.bench.check_contacts()
            record.trouble = "; ".join(faults)
            self._note(
                "touchdown",
                "die ({},{}), touchdown {}: {}".format(
                    *record.die, record.touchdowns, record.trouble or "good contact"
                ),
            )
            if not faults:
                return True
        return False

    def _steps(self, record: DieRecord, progress: OnProgress, *, anew: bool) -> bool:
        """Run the steps that are not done. Returns whether the pass goes on."""
        steps = list(zip(self.plan.step, self.plan.recipes, strict=True))
        for number, (step, recipe) in enumerate(steps):
            known = record.runs[number]
            if anew or known is None or known.state not in _ENDED:

                def told(unit: str, fraction: float, text: str, at: int = number) -> None:
                    progress(unit, (at + fraction) / len(steps), text)

                record.runs[number] = known = self._run(recipe, None if anew else known, told)
                self._place(record.die)
            if known.state in ("stopped", "aborted"):
                return False
            if known.safe is False:
                raise SafetyError("the wafer does not move: outputs could not be shown to be off")
            if known.outcome in _BAD and step.on_fail != "go on":
                return step.on_fail == "next die"
        return True

    def _run(self, recipe: Recipe, cut_off: RunSummary | None, progress: OnProgress) -> RunSummary:
        if cut_off is None:
            view = self.bench.run(recipe, on_progress=progress, check_contacts=False)
        else:
            view = self.bench.resume(cut_off.run, on_progress=progress)
        return view.detail().summary

    def _place(self, die: Die) -> None:
        """Say on record from which lot, wafer and die the chip under the needles comes."""
        with open_store(self.bench.url) as store:
            store.place_chip(self.bench.chip_identity, self.plan.lot, self.plan.wafer, *die)

    def _note(self, kind: str, text: str) -> None:
        """Put on record what happened between runs."""
        now = self.bench.clock.now()
        with open_store(self.bench.url) as store:
            store(Event(run="", bench_time=now, wall_time=time.time(), kind=kind, message=text))


def runs_of(record: str, plan: WaferPlan, chip: str, die: Die) -> list[RunSummary | None]:
    """Return the latest run of each step of a plan on a die."""
    if "://" not in record and not Path(record).exists():
        return [None] * len(plan.step)
    wanted = plan.chip_of(chip, die)
    with open_record(record) as kept:
        runs = [run for run in kept.runs(search=wanted) if run.chip == wanted]
    found = {run.recipe_hash: run for run in reversed(runs)}  # newest last, so that it stays
    return [found.get(recipe.digest()) for recipe in plan.recipes]
