"""Plays a stored run into a sink, as it was told: play, pause, step, seek, at any speed. No Qt.

A thread of its own reads the documents one at a time; a second one passes over them once, for the
duration, the marks and the hash. Going back is to begin anew: what a sink has seen of documents up
to a place does not depend on the way there.
"""

import logging
import math
import sys
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from labcim.documents import Channels, Document, RunStart, Sink
from labcim.errors import RecordError
from labcim.record import HashCheck

from .playhead import Playhead, RealClock, ReplayClock, checked_speed
from .timeline import LONGEST_GAP, Documents, Mark, Tape, Timeline

log = logging.getLogger(__name__)

_PATIENCE = 30.0  # s after which a replay that stands lets go of the record
_Kind = Literal["playing", "paused", "at the end", "broken"]
_Verb = Literal["home", "end", "step", "seek"]


@dataclass(frozen=True, slots=True)
class ReplayState:
    """Where a replay is. text: what is wrong when broken.

    position: 0 to 1, elapsed, duration: s at speed 1; position and duration are None until the run
    has been passed over once.  at: documents shown.  documents: all of them, 0 until known.
    """

    kind: _Kind
    text: str
    position: float | None
    elapsed: float
    duration: float | None
    at: int
    documents: int
    speed: float


class Replayer:
    """Sends the documents of one run to ``sink``; every call returns at once.

    documents: returns them from the beginning, in a thread of the replayer; may raise RecordError.
    reset: makes the sink forget everything. speed: 0.1 to 100, or inf: as fast as it goes. Gaps of
    more than ``longest_gap`` s are shortened to that. It begins paused, with RunStart and Channels.
    """

    def __init__(
        self,
        documents: Documents,
        sink: Sink,
        reset: Callable[[], None],
        *,
        speed: float = 1.0,
        longest_gap: float = LONGEST_GAP,
        clock: ReplayClock | None = None,
    ) -> None:
        self.check = HashCheck()
        self._sink, self._reset = sink, reset
        self._clock = clock or RealClock()
        self._tape = Tape(documents, longest_gap)
        self._timeline = Timeline()
        self._changed = threading.Condition()
        self._first: tuple[_Verb, float] | None = ("home", 0.0)
        self._orders: deque[tuple[_Verb, float]] = deque()
        self._head = Playhead(self._clock.now, speed)
        self._playing = self._ended = self._closing = False
        self._busy = True
        self._trouble = ""
        self._at, self._opening = 0, 0
        self._span = (0.0, 0.0)  # when the last and the next document are due
        survey = Tape(documents, longest_gap)
        self._threads = [
            threading.Thread(target=self._work, daemon=True, name="replay"),
            threading.Thread(target=self._survey, args=(survey,), daemon=True, name="survey"),
        ]
        for thread in self._threads:
            thread.start()

    def play(self) -> None:
        """Go on; from the beginning where it was at the end."""
        with self._changed:
            if self._ended:
                self._orders.append(("home", 0.0))
            self._trouble, self._playing = "", True
            self._head.go(True, self._elapsed())
            self._notify()

    def pause(self) -> None:
        """Stand where it is."""
        with self._changed:
            self._stand()
            self._notify()

    def step(self, documents: int = 1) -> None:
        """Pause, and show so many documents more, or fewer where it is negative."""
        with self._changed:
            self._stand()
            if self._orders and self._orders[-1][0] == "step":
                documents += int(self._orders.pop()[1])
            self._order("step", documents)

    def seek(self, position: float) -> None:
        """Show the run as it was at a position from 0 to 1; playing goes on from there."""
        with self._changed:
            self._orders.clear()
            self._order("seek", min(max(position, 0.0), 1.0))

    def home(self) -> None:
        """Go to the beginning: RunStart and Channels."""
        with self._changed:
            self._orders.clear()
            self._order("home", 0.0)

    def end(self) -> None:
        """Go to the end, as fast as it goes."""
        with self._changed:
            self._orders.clear()
            self._order("end", 0.0)

    def set_speed(self, speed: float) -> None:
        """Set the speed: 0.1 to 100, or inf. Raises RangeError."""
        checked = checked_speed(speed)
        with self._changed:
            elapsed = self._elapsed()
            self._head.speed = checked
            self._head.go(self._playing, elapsed)
            self._notify()

    def close(self, timeout: float = 5.0) -> None:
        """End the threads and let go of the record; nothing comes to the sink afterwards."""
        with self._changed:
            self._closing = True
            self._notify()
        for thread in self._threads:
            if thread is not threading.current_thread():
                thread.join(timeout)

    @property
    def state(self) -> ReplayState:
        """Return where the replay is."""
        with self._changed:
            elapsed, line = self._elapsed(), self._timeline
            known = line.complete
            return ReplayState(
                kind=self._kind(),
                text=self._trouble,
                position=line.position(elapsed, self._at) if known else None,
                elapsed=elapsed,
                duration=line.duration if known else None,
                at=self._at,
                documents=len(line) if known else 0,
                speed=self._head.speed,
            )

    @property
    def position(self) -> float | None:
        """Return the position, 0 to 1; None until the duration is known."""
        return self.state.position

    @property
    def duration(self) -> float | None:
        """Return how long a replay at speed 1 takes, in s; None until it is known."""
        return self.state.duration

    @property
    def marks(self) -> tuple[Mark, ...]:
        """Return warnings, errors, pauses and aborts; none until the duration is known."""
        return self._timeline.marks

    @property
    def shortened(self) -> float:
        """Return how many s of long gaps are left out, as far as is known."""
        return self._timeline.shortened

    @property
    def settled(self) -> bool:
        """Return whether everything that was asked for is done, and it does not play."""
        with self._changed:
            return not (self._orders or self._busy or self._playing)

    # The rest belongs to the two threads.

    def _work(self) -> None:
        while not self._closing:
            try:
                self._turn()
            except RecordError as trouble:
                self._break(str(trouble))
            except Exception as trouble:
                log.exception("a replay failed")
                self._break(f"the replay failed: {type(trouble).__name__}: {trouble}")
        self._tape.release()

    def _turn(self) -> None:
        with self._changed:
            order = self._first or (self._orders.popleft() if self._orders else None)
            self._first = None
            if order is not None:
                self._trouble = ""
            self._busy = order is not None or self._playing
            if not self._busy:
                if not self._changed.wait(_PATIENCE):
                    self._tape.release()
                return
        if order is not None:
            self._obey(*order)
        else:
            self._play()

    def _play(self) -> None:
        ahead = self._tape.peek()
        with self._changed:
            if ahead is None:
                self._stand()
                self._ended = True
                return
            self._span = self._tape.time, ahead[1]
            if self._orders or self._closing or not self._playing:
                return
            wait = self._head.wait_for(ahead[1])
            if wait > 0:
                self._clock.wait(self._changed, wait)
                return
        self._show()
        if math.isinf(self._head.speed):
            self._head.go(True, self._tape.time)

    def _obey(self, verb: _Verb, amount: float) -> None:
        if verb == "home":
            self._go_home()
        else:
            self._go_to(self._target(verb, amount))
        ahead = self._tape.peek()
        with self._changed:
            self._ended = ahead is None
            self._span = self._tape.time, self._tape.time if ahead is None else ahead[1]
            # In the gap between two documents it stands where it was wanted.
            wanted = amount * self._timeline.duration if verb == "seek" else self._tape.time
            self._head.go(False, wanted)
            self._head.go(self._playing, self._elapsed())

    def _go_home(self) -> None:
        self._begin()
        while (ahead := self._tape.peek()) and isinstance(ahead[0], RunStart | Channels):
            self._show()
        self._opening = self._tape.at

    def _go_to(self, target: int) -> None:
        if target < self._tape.at:
            self._begin()
        while self._tape.at < target and not self._overtaken() and self._show():
            pass

    def _target(self, verb: _Verb, amount: float) -> int:
        """Return how many documents an order wants to be shown."""
        match verb:
            case "end":
                return sys.maxsize
            case "step":
                return max(self._tape.at + int(amount), self._opening)
            case _:
                with self._changed:
                    while not (self._timeline.complete or self._overtaken()):
                        self._changed.wait()
                    known = self._timeline.complete
                return max(self._timeline.count(amount), self._opening) if known else self._tape.at

    def _overtaken(self) -> bool:
        """Return whether there is a newer order that does not build on this one."""
        return self._closing or bool(self._orders and self._orders[0][0] != "step")

    def _begin(self) -> None:
        self._tape.rewind()
        self._reset()
        with self._changed:
            self._at, self._span = 0, (0.0, 0.0)

    def _show(self) -> bool:
        document = self._tape.take()
        if document is None:
            return False
        self._sink(document)
        with self._changed:
            self._at = self._tape.at
        return True

    def _break(self, text: str) -> None:
        self._tape.release()
        with self._changed:
            self._stand()
            self._trouble, self._ended, self._busy = text, False, False

    def _survey(self, tape: Tape) -> None:
        def look(document: Document) -> None:
            self.check(document)

        try:
            self._timeline.survey(tape, lambda: self._closing, look)
        except Exception as trouble:
            # Playing it stops at the same place and says so; here it is a mark on the scrubber.
            log.debug("the survey of a replay ended", exc_info=trouble)
            self._timeline.say("error", str(trouble))
        with self._changed:
            self._timeline.complete = True
            self._notify()

    # The caller of these holds the condition.

    def _order(self, verb: _Verb, amount: float) -> None:
        self._trouble, self._ended, self._busy = "", False, True
        self._orders.append((verb, amount))
        self._notify()

    def _notify(self) -> None:
        self._changed.notify_all()

    def _stand(self) -> None:
        elapsed = self._elapsed()
        self._playing = False
        self._head.go(False, elapsed)

    def _elapsed(self) -> float:
        """Return the time of the replay: between the last document and the next."""
        last, following = self._span
        return min(max(self._head.now(), last), following)

    def _kind(self) -> _Kind:
        if self._trouble:
            return "broken"
        if self._playing:
            return "playing"
        return "at the end" if self._ended else "paused"
