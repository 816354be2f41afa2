"""What goes wrong in the window itself: shown, logged, and the bench made safe; it goes on."""

import logging
import sys
import threading
import traceback
from collections.abc import Callable
from types import TracebackType

log = logging.getLogger(__name__)


def watch_for_faults(tell: Callable[[str], None]) -> None:
    """Hand every exception that nobody caught to ``tell``, as one sentence.

    Without a hook Qt aborts the process when a slot raises. pyqtgraph brings one of its own; this
    one takes its place.
    """

    def in_slot(
        kind: type[BaseException], value: BaseException, trace: TracebackType | None
    ) -> None:
        _log("a slot", kind, value, trace)
        tell(_sentence(kind, value, trace))

    def in_thread(args: threading.ExceptHookArgs) -> None:
        if args.exc_value is not None:
            where = f"thread {args.thread.name if args.thread else '?'}"
            _log(where, args.exc_type, args.exc_value, args.exc_traceback)
            tell(_sentence(args.exc_type, args.exc_value, args.exc_traceback))

    sys.excepthook = in_slot
    threading.excepthook = in_thread


def _log(
    where: str, kind: type[BaseException], value: BaseException, trace: TracebackType | None
) -> None:
    log.error("a fault in %s of the dashboard", where, exc_info=(kind, value, trace))


def _sentence(kind: type[BaseException], value: BaseException, trace: TracebackType | None) -> str:
    last = traceback.extract_tb(trace)[-1:]
    place = (
        f" in {last[0].name}, {last[0].filename.rsplit('/', 1)[-1]}:{last[0].lineno}"
        if last
        else ""
    )
    return f"{kind.__name__}: {value}{place}"
