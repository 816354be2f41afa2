"""The exact nodal solution of crossbars with resistive wires; pure numerics, no chip knowledge."""

from pathlib import Path

from ..devices import drop_stale_kernels

drop_stale_kernels(Path(__file__).parent)

from . import bias  # noqa: E402
from .cells import CellLaw, Gated, Ohmic, Selected, Sinh, TwoTerminal  # noqa: E402
from .network import Network, Voltages  # noqa: E402
from .newton import NonlinearSolver, solve_nonlinear  # noqa: E402
from .solution import Solution  # noqa: E402
from .solver import SlowSolverWarning, Solver, solve  # noqa: E402
from .transfer import Transfer  # noqa: E402

__all__ = [
    "CellLaw",
    "Gated",
    "Network",
    "NonlinearSolver",
    "Ohmic",
    "Selected",
    "Sinh",
    "SlowSolverWarning",
    "Solution",
    "Solver",
    "Transfer",
    "TwoTerminal",
    "Voltages",
    "bias",
    "solve",
    "solve_nonlinear",
]
