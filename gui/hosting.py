"""Finding the host of a bench, or starting one; what the window joins. No Qt."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from labcim.bench_file import BenchFile, load_bench
from labcim.bench_lock import HostCard, card_of
from labcim.control import answers, find_hosts
from labcim.errors import BenchHeldError, LabcimError

from .services import HostProcess, Services

_LOOK = 0.05  # s between looks at whether a host that was started has come up
_PATIENCE = 60.0  # s; opening real instruments takes its time


@dataclass(frozen=True, slots=True)
class Held:
    """A bench and the host that holds it. started: this window started that host."""

    path: Path
    bench: BenchFile
    card: HostCard
    started: bool


def hold(
    path: Path, record: str, services: Services, sleep: Callable[[float], object] = time.sleep
) -> Held:
    """Return the host that holds a bench; start one where there is none.

    Raises RecipeError for a bad bench file, BenchHeldError for a holder that cannot be joined,
    LabcimError with the host's own words where it did not come up.
    """
    bench = load_bench(path)
    if (card := _card(bench)) is not None:
        if not card.endpoint:
            raise BenchHeldError(f"{card}, and cannot be joined")
        return Held(path, bench, card, started=False)
    process = services.start_host(path, record)
    until = time.monotonic() + _PATIENCE
    while time.monotonic() < until:
        card = _card(bench)
        if card is not None and card.endpoint:
            return Held(path, bench, card, started=card.pid == process.pid)
        if trouble := process.trouble():
            raise LabcimError(trouble)
        sleep(_LOOK)
    raise LabcimError(_never_came(process))


def hosts() -> list[Held]:
    """Return every host that can be joined and whose bench file can be read."""
    found = []
    for card in find_hosts():
        try:
            path = Path(card.path)
            found.append(Held(path, load_bench(path), card, started=False))
        except LabcimError:
            continue  # its bench file has gone or changed; labcim status still shows it
    return found


def _card(bench: BenchFile) -> HostCard | None:
    """Return the card of the host that holds a bench; that of a killed one stays for a while."""
    card = card_of(bench)
    gone = card is not None and card.endpoint and not answers(card)
    return None if gone else card


def _never_came(process: HostProcess) -> str:
    return f"the host (process {process.pid}) did not come up within {_PATIENCE:g} s"
