"""The figures of a session, and the table in docs/benchmarks.md that they become."""

import os
import platform
import sys
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "benchmarks.md"
_BEGIN, _END = "<!-- figures: begin -->", "<!-- figures: end -->"
_HEAD = (
    "| what | measured | target | verdict | beside it | labcim is |\n|---|---|---|---|---|---|\n"
)
_STEPS = ((1.0, "s", 1.0), (1e-3, "ms", 1e3), (0.0, "µs", 1e6))


@dataclass(frozen=True)
class Figure:
    """One measured figure. value, target, peer: s, or things in a second where ``rate`` says so."""

    what: str
    value: float
    target: float | None = None
    rate: bool = False
    peer: tuple[str, float] | None = None
    remark: str = ""
    cpu: float | None = None  # s, of a value that is wall time

    def row(self) -> str:
        """Return the figure as a line of the table."""
        target = "" if self.target is None else self._said(self.target)
        name, times = "", ""
        if self.peer:
            ratio = self.peer[1] / self.value if not self.rate else self.value / self.peer[1]
            name = f"{self.peer[0]}: {self._said(self.peer[1])}"
            times = f"{ratio:.1f} × as fast" if ratio >= 1 else f"{1 / ratio:.1f} × as slow"
        remark = f" ({self.remark})" if self.remark else ""
        cells = (self.what, self._said(self.value) + remark, target, self._verdict(), name, times)
        return f"| {' | '.join(cells)} |"

    def _verdict(self) -> str:
        if self.target is None:
            return ""
        off = self.target / self.value if self.rate else self.value / self.target
        if off <= 1.0:
            return "met"
        if self.cpu is None:
            return f"**not met: {off:.1f} ×**"
        # What others took of the machine does not tell how fast labcim is.
        by_cpu = self.cpu / self.target
        said = "met" if by_cpu <= 1.0 else f"{by_cpu:.1f} ×"
        return f"**not met: {off:.1f} ×**, by CPU time {said}"

    def _said(self, value: float) -> str:
        if self.rate:
            return f"{value / 1e6:.2f} M/s" if value >= 1e6 else f"{value:,.0f} /s"
        for least, unit, factor in _STEPS:
            if value >= least:
                return f"{value * factor:.3g} {unit}"
        return f"{value:g} s"


@dataclass
class Figures:
    """What a session measured, in order, and with which peers."""

    rows: dict[str, str] = field(default_factory=dict)
    peers: dict[str, str] = field(default_factory=dict)

    def add(self, figure: Figure) -> None:
        """Keep a figure, and say it."""
        self.rows[figure.what] = figure.row()
        print(figure.row())

    def write(self, page: Path = PAGE) -> None:
        """Put the figures into the page; those that this session did not measure stay."""
        before, _, rest = page.read_text(encoding="utf-8").partition(_BEGIN)
        old, _, after = rest.partition(_END)
        rows = {line.split(" | ")[0][2:]: line for line in old.splitlines() if line[:2] == "| "}
        rows.pop("what", None)
        rows |= self.rows
        table = "\n".join(rows.values())
        text = f"{before}{_BEGIN}\n{self._machine()}\n\n{_HEAD}{table}\n{_END}{after}"
        page.write_text(text, encoding="utf-8")

    def _machine(self) -> str:
        ours = ", ".join(f"{n} {version(n)}" for n in ("numpy", "numba", "pyvisa", "SQLAlchemy"))
        peers = ", ".join(f"{name} {number}" for name, number in self.peers.items())
        return (
            f"Measured {datetime.now(UTC):%Y-%m-%d %H:%M} UTC on {os.cpu_count()} cores"
            f" ({platform.system()} {platform.machine()}), load average {os.getloadavg()[0]:.1f} at"
            f" the end, one thread a process; labcim {version('labcim')},"
            f" Python {sys.version.split()[0]}, {ours}; peers: {peers or 'not installed'}."
        )
