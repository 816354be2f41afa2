"""Keep documents, and say them again: ``Store`` writes a record, ``Archive`` reads it."""

from .archive import Archive
from .store import Store

__all__ = ["Archive", "Store"]
