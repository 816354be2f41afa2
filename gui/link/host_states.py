"""What the dashboard knows of the host, the emergency stop and its own requests: plain values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from labcim.bench_lock import HostCard

LinkKind = Literal["none", "joining", "joined", "silent", "lost", "ended"]
StopKind = Literal["armed", "stopping", "safe", "not confirmed", "nothing held"]


@dataclass(frozen=True, slots=True)
class LinkState:
    """How it stands with the host. age: s since it last answered; status: what it said then.

    lag: s by which the hub is behind the host; more than 2 s and the picture should be said to be
    old. It is 0 while nothing more is known to come.
    lost: it is gone, and nobody said goodbye.  ended: it let the bench go, outputs off.
    """

    kind: LinkKind
    text: str
    card: HostCard | None = None
    status: Mapping[str, Any] = field(default_factory=dict)
    age: float = 0.0
    lag: float = 0.0


@dataclass(frozen=True, slots=True)
class StopState:
    """How it stands with the emergency stop.

    took: s from the press to the answer, or so far.  latched: whether the host holds the stop, so
    that someone must re-arm it.
    """

    kind: StopKind
    text: str
    took: float = 0.0
    latched: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a request. ``said``: the host's whole answer; empty when there was none."""

    verb: str
    ok: bool
    text: str
    said: Mapping[str, Any] = field(default_factory=dict)
