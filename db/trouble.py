"""What a database says when it cannot, as one sentence a person can act on."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from labcim.errors import RecordError

_SENTENCES = {
    "SQLITE_BUSY": "is locked by another process, for longer than this one waits",
    "SQLITE_LOCKED": "is locked by another process, for longer than this one waits",
    "SQLITE_FULL": "cannot grow: the disk is full",
    "SQLITE_READONLY": "cannot be written: file or folder is read-only",
    "SQLITE_PERM": "may not be opened with your permissions",
    "SQLITE_AUTH": "may not be opened with your permissions",
    "SQLITE_CANTOPEN": "cannot be opened: the folder is missing, read-only or not a folder",
    "SQLITE_NOTADB": "is not a labcim record (not an SQLite file), or is damaged",
    "SQLITE_CORRUPT": "is damaged; copy it before anything else, then try sqlite3 .recover",
    "SQLITE_IOERR": "cannot be read or written: the disk reports an error",
    "SQLITE_TOOBIG": "cannot take a value of more than 1 GB; give shorter trains or batches",
}


@contextmanager
def told(name: str) -> Iterator[None]:
    """Turn the database's errors into RecordError that names the record."""
    try:
        yield
    except SQLAlchemyError as trouble:
        raise RecordError(sentence(name, trouble)) from trouble
    except (OverflowError, UnicodeError) as trouble:
        raise RecordError(f"record {name} cannot take this: {trouble}") from trouble


def sentence(name: str, trouble: Exception) -> str:
    """Return what is wrong with the record ``name``, in words."""
    origin = trouble.orig if isinstance(trouble, DBAPIError) and trouble.orig else trouble
    code = str(getattr(origin, "sqlite_errorname", ""))
    for start, words in _SENTENCES.items():
        if code.startswith(start):
            return f"record {name} {words}"
    first = str(origin).strip().splitlines()
    return f"record {name}: {first[0] if first else type(origin).__name__}"
