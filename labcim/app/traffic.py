"""What can be done with recorded traffic: show it, compare it, and make a test of it."""

import difflib
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from labcim.errors import RecipeError, RecordError
from labcim.traffic import ASKED, Entry, addresses, escaped, read_traffic

from .recorded_words import RecordedWords

_SHORT = 100  # characters of a message that are shown
_MARKS = {
    "open": "=", "call": "#", "returned": "#", "raised": "#", "write": ">", "query": ">",
    "query_block": ">", "clear": ">", "reply": "<", "block": "<", "status": "<", "trouble": "!",
}  # fmt: skip


def load(path: Path, who: str = "") -> list[Entry]:
    """Return a recording, of one instrument by its address or role, or of all.

    Raises TransportError for a damaged file, RecipeError for an instrument that is not in it.
    """
    entries = read_traffic(path)
    if not who:
        return entries
    roles = {entry.text: entry.address for entry in entries if entry.what == "open"}
    address = roles.get(who, who)
    own = [entry for entry in entries if entry.address == address]
    if not own:
        known = ", ".join([*roles, *addresses(entries)])
        raise RecipeError(f"{path}: nothing was said to {who!r}; known are {known or 'none'}")
    return own


def as_dict(entry: Entry) -> dict[str, object]:
    """Return an entry for JSON; bytes that are no text as escapes."""
    return {
        "time": entry.time, "address": entry.address, "what": entry.what, "text": entry.text,
        **({"more": dict(entry.more)} if entry.more else {}),
    }  # fmt: skip


def shown(entry: Entry) -> str:
    """Return what an entry says, on one line: > to the instrument, < from it, # of the driver."""
    text = entry.text
    if entry.what == "block":
        text = f"block of {len(entry.data)} bytes: {entry.data[:12].hex(' ')}"
    elif entry.what == "open":
        text = f"{text}: driver {escaped(str(entry.more.get('driver', '?')))}"
    elif entry.what in ("clear", "status", "returned", "raised", "trouble"):
        text = f"({entry.what}) {text}"
    text = text if len(text) <= _SHORT else f"{text[: _SHORT - 1]}…"
    return f"{_MARKS[entry.what]} {text}".rstrip()


def told(entries: Sequence[Entry]) -> Iterator[str]:
    """Yield a recording line by line: seconds since its start, address, what was said."""
    began = entries[0].time if entries else 0.0
    wide = max((len(entry.address) for entry in entries), default=0)
    for entry in entries:
        yield f"{entry.time - began:10.6f}  {entry.address:{wide}}  {shown(entry)}"


def differences(one: Sequence[Entry], other: Sequence[Entry]) -> list[str]:
    """Return how two recordings differ, address by address, as a unified diff; none, where equal.

    Calls and times make no difference: what was said on the lines is compared, byte for byte.
    """
    found: list[str] = []
    for address in addresses([*one, *other]):
        left, right = (
            [_exactly(entry) for entry in side if _spoken(entry, address)] for side in (one, other)
        )
        found += difflib.unified_diff(
            left, right, f"{address} (first)", f"{address} (second)", lineterm=""
        )
    return found


def summary(entries: Sequence[Entry]) -> list[dict[str, object]]:
    """Return address, role, driver, and how many messages and bytes went each way."""
    return [_summary_of(address, entries) for address in addresses(list(entries))]


def _summary_of(address: str, entries: Sequence[Entry]) -> dict[str, object]:
    own = [entry for entry in entries if entry.address == address]
    opened = next((entry for entry in own if entry.what == "open"), None)
    sent = [entry for entry in own if entry.what in ASKED]
    back = [entry for entry in own if entry.what in ("reply", "block", "status")]
    return {
        "address": address,
        "role": opened.text if opened else "",
        "driver": escaped(str(opened.more.get("driver", ""))) if opened else "",
        "sent": len(sent),
        "sent_bytes": sum(len(entry.data) for entry in sent),
        "received": len(back),
        "received_bytes": sum(len(entry.data) for entry in back),
        "unanswered": sum(entry.what == "trouble" for entry in own),
    }


def _spoken(entry: Entry, address: str) -> bool:
    return entry.address == address and _MARKS[entry.what] in "<>!"


def _exactly(entry: Entry) -> str:
    """Return what was said so that no two messages look the same."""
    return f"{_MARKS[entry.what]} {repr(entry.data)[2:-1]}"


def conversation_test(entries: Sequence[Entry], name: str) -> str:
    """Return a test file: the recorded calls must say the recorded bytes, and give what they gave.

    entries: of one instrument.  Raises RecipeError where a recording is of several, of none, of a
    call whose arguments cannot be written down, or says what no recording of a driver says: a test
    runs what is in it, so nothing else gets there.
    """
    if len(addresses(list(entries))) != 1:
        raise RecipeError("a test is of one instrument: name the address of one in the recording")
    opened = next((entry for entry in entries if entry.what == "open"), None)
    if opened is None:
        raise RecipeError("the recording says no driver: record it with --traffic or open_bench")
    words = RecordedWords(str(opened.more.get("driver", "")))
    words.take(opened.more.get("names", {}))
    limits = words.value(opened.more.get("limits", "{}"))
    body = list(_steps(entries, words))
    when = datetime.fromtimestamp(entries[0].time, UTC).strftime("%Y-%m-%d")
    spoken = [f"    ({e.what!r}, {e.data!r})," for e in entries if _spoken(e, opened.address)]
    lines = [
        f'"""Driver {words.driver} says what was recorded of it on {when}."""', "",
        *_imports(words.names, "pytest" if any("pytest." in line for line in body) else ""), "",
        f"LIMITS = {limits}",
        "CONVERSATION = [", *spoken, "]", "", "",
        f"def test_{name}_says_what_was_recorded():",
        f"    line = ReplayTransport({opened.address!r}, CONVERSATION)",
        f"    tool = driver({words.driver!r})(line, LIMITS)",
        *body,
        "    line.finish()", "",
    ]  # fmt: skip
    return "\n".join(lines)


def write_test(recording: Path, who: str, target: Path) -> None:
    """Write `conversation_test` of a recording to a new file. Raises RecipeError, RecordError."""
    text = conversation_test(load(recording, who), re.sub(r"\W+", "_", target.stem).strip("_"))
    try:
        with target.open("x", encoding="utf-8") as file:
            file.write(text)
    except OSError as trouble:
        raise RecordError(f"{target} cannot be written: {trouble}") from trouble


def _imports(names: dict[str, str], *plain: str) -> list[str]:
    own = {"driver": "labcim.plugins", "ReplayTransport": "labcim.replay_transport"}
    found = [f"import {name}" for name in plain if name]
    for name, module in sorted((names | own).items(), key=lambda item: (item[1], item[0])):
        found.append("import numpy as np" if name == "np" else f"from {module} import {name}")
    return sorted(found, key=lambda line: (line.startswith("from labcim"), line))


def _steps(entries: Sequence[Entry], words: RecordedWords) -> Iterator[str]:
    """Yield the lines of the test's body."""
    calls = [entry for entry in entries if entry.what in ("call", "returned", "raised")]
    for entry, after in zip(calls, [*calls[1:], None], strict=True):
        if entry.what != "call":
            continue
        if entry.more.get("opaque"):
            raise RecipeError(f"the arguments of {entry.text} are too much for a test")
        words.take(entry.more.get("names", {}))
        said, gave = words.call(entry.text), after.what if after else ""
        if after is not None and gave == "raised":
            yield f"    with pytest.raises({words.error(after.text)}):"
            yield f"        {said}"
        elif after is not None and gave == "returned":
            yield f"    assert {said} == {words.value(after.text)}"
        else:
            yield f"    {said}"
