"""A record in a folder of its own: an empty one, or the place where one may be made."""

import shutil
from pathlib import Path

import pytest

from labcim.db import Store


@pytest.fixture(scope="session")
def empty_record(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A record without a run. To make one takes longer than most tests do."""
    path = tmp_path_factory.mktemp("empty") / "record.sqlite"
    Store(path).close()
    return path


@pytest.fixture
def path(tmp_path: Path, empty_record: Path) -> Path:
    return Path(shutil.copy(empty_record, tmp_path))


@pytest.fixture
def new_path(tmp_path: Path) -> Path:
    """A path at which there is nothing yet."""
    return tmp_path / "record.sqlite"
