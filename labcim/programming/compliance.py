"""Who limits the current of a pulse: the gate of a cell that has one, else the instrument."""

from labcim.capabilities import Topology


def pulse_limit(topology: Topology, limit: float) -> float | None:
    """Return the limit in A that a train should carry, None where the gate is the compliance.

    A probe station's generator can limit nothing, and need not where there are transistors.
    """
    return None if topology.kind == "1T1R" else limit
