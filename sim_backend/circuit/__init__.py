"""The exact nodal solution of crossbars with resistive wires; pure numerics, no chip knowledge."""

from pathlib import Path

from ..devices import drop_stale_kernels

drop_stale_kernels(Path(__file__).parent)

from .network import Network, Voltages  # noqa: E402
from .solution import Solution  # noqa: E402
from .solver import SlowSolverWarning, Solver, solve  # noqa: E402

__all__ = ["Network", "SlowSolverWarning", "Solution", "Solver", "Voltages", "solve"]
