import os
import stat

import pytest

from labcim.errors import LabcimError
from labcim.runtime_folder import runtime_folder


def test_the_folder_is_made_for_this_user_alone(tmp_path, monkeypatch):
    monkeypatch.setenv("LABCIM_RUNTIME", str(tmp_path / "a" / "b"))
    folder = runtime_folder()
    assert folder == tmp_path / "a" / "b"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_without_a_wish_it_is_in_the_session_folder(tmp_path, monkeypatch):
    monkeypatch.delenv("LABCIM_RUNTIME", raising=False)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    assert runtime_folder() == tmp_path / "labcim"


def test_without_a_session_it_is_a_temporary_folder_of_this_user(tmp_path, monkeypatch):
    for name in ("LABCIM_RUNTIME", "XDG_RUNTIME_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("tempfile.gettempdir", lambda: str(tmp_path))
    assert runtime_folder() == tmp_path / f"labcim-{os.getuid()}"


def test_a_folder_that_others_may_enter_is_refused(tmp_path, monkeypatch):
    tmp_path.chmod(0o755)
    monkeypatch.setenv("LABCIM_RUNTIME", str(tmp_path))
    with pytest.raises(LabcimError, match="755 lets others in; accepts 700"):
        runtime_folder()


def test_a_link_to_elsewhere_is_refused(tmp_path, monkeypatch):
    (tmp_path / "elsewhere").mkdir(mode=0o700)
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    monkeypatch.setenv("LABCIM_RUNTIME", str(tmp_path / "link"))
    with pytest.raises(LabcimError, match="is no folder"):
        runtime_folder()
