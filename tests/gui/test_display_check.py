"""A machine that can show no window is told why in one sentence, before Qt ends the process."""

import ctypes
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from labcim.gui import display_check
from labcim.gui.display_check import missing

OFFSCREEN = {"QT_QPA_PLATFORM": "offscreen"}
NOBODY = ":4711"


@pytest.fixture
def lacking(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Put an ldd first on the path that says which libraries are not found."""

    def lack(*libraries: str) -> None:
        lines = "".join(f"\\tlib{name} => not found\\n" for name in libraries)
        tool = tmp_path / "ldd"
        tool.write_text(f"#!/bin/sh\nprintf '\\tlibc.so.6 => /lib/libc.so.6 (0x1)\\n{lines}'\n")
        tool.chmod(0o755)
        monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)

    return lack


@pytest.fixture
def uninstalled(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Hide packages from the import system, as if they had never been installed."""

    def hide(*packages: str) -> None:
        real = display_check.importlib.util.find_spec
        monkeypatch.setattr(
            display_check.importlib.util,
            "find_spec",
            lambda name, package=None: None if name in packages else real(name, package),
        )

    return hide


def test_where_nothing_is_missing_nothing_is_said():
    assert missing(OFFSCREEN) == ""


@pytest.mark.parametrize("absent", [("PyQt5",), ("pyqtgraph",), ("PyQt5", "pyqtgraph")])
def test_without_the_packages_of_the_window_the_extra_is_named(absent, uninstalled, monkeypatch):
    monkeypatch.setattr("platform.machine", lambda: "x86_64")
    uninstalled(*absent)
    said = missing(OFFSCREEN)
    assert 'pip install "labcim[gui]"' in said
    assert [name for name in ("PyQt5", "pyqtgraph") if f" {name}" in said] == list(absent)


def test_on_arm_linux_where_no_wheel_is_the_systems_own_qt_is_named(uninstalled, monkeypatch):
    monkeypatch.setattr("platform.machine", lambda: "aarch64")
    uninstalled("PyQt5")
    assert "apt-get install python3-pyqt5" in missing(OFFSCREEN)


def test_missing_system_libraries_are_named_by_the_packages_that_bring_them(lacking):
    lacking("xcb-icccm.so.4", "xcb-keysyms.so.1", "GL.so.1", "glib-2.0.so.0", "gthread-2.0.so.0")
    said = missing(OFFSCREEN)
    assert "apt-get install libgl1 libglib2.0-0 libxcb-icccm4 libxcb-keysyms1)" in said


def test_a_library_that_no_known_package_brings_is_named_itself(lacking):
    lacking("Qt5Surprise.so.5")
    said = missing(OFFSCREEN)
    assert "libQt5Surprise.so.5" in said
    assert "apt-get" not in said


def test_every_library_that_the_x_platform_links_to_is_known_by_its_package(lacking):
    """The loader itself names them here: what a bare machine lacks must have a package."""
    plugin = display_check._plugin_folder() / "libqxcb.so"
    linked = subprocess.run(["ldd", plugin], capture_output=True, text=True, check=True).stdout
    direct = {line.split()[0] for line in linked.splitlines() if "/PyQt5/" not in line}
    theirs = {name for name in direct if name.startswith(("libxcb", "libxkb", "libX", "libGL."))}
    carried = {"libXau.so.6", "libXdmcp.so.6"}  # by libxcb1's package
    assert theirs - carried
    assert theirs - carried <= set(display_check.PACKAGES)


def test_without_ldd_a_library_that_cannot_be_loaded_is_found_all_the_same(monkeypatch, tmp_path):
    real = ctypes.CDLL

    def load(name: str) -> ctypes.CDLL:
        if name == "libfontconfig.so.1":
            raise OSError(f"{name}: cannot open shared object file")
        return real(name)

    monkeypatch.setenv("PATH", str(tmp_path))
    assert missing(OFFSCREEN) == ""
    monkeypatch.setattr(ctypes, "CDLL", load)
    assert "apt-get install libfontconfig1)" in missing(OFFSCREEN)


def test_without_any_font_a_package_of_fonts_is_named(monkeypatch):
    monkeypatch.setattr(display_check, "_fonts", lambda: 0)
    assert "fonts are missing" in missing(OFFSCREEN)
    assert "fonts-dejavu-core" in missing(OFFSCREEN)


def test_the_fonts_of_a_machine_are_counted(tmp_path):
    (tmp_path / "no-fonts.conf").write_text("<fontconfig></fontconfig>")
    empty = {"FONTCONFIG_FILE": str(tmp_path / "no-fonts.conf")}
    ask = "from labcim.gui.display_check import missing; print(missing())"
    done = subprocess.run(
        [sys.executable, "-c", ask],
        env={**os.environ, **OFFSCREEN, **empty},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "fonts-dejavu-core" in done.stdout
    assert missing(OFFSCREEN) == ""


def test_without_a_display_three_ways_to_one_are_named():
    said = missing({})
    assert "DISPLAY is not set" in said
    assert "ssh -X" in said and "xvfb-run" in said


def test_a_display_at_which_nobody_answers_is_named():
    assert f"the display {NOBODY} (DISPLAY) does not answer" in missing({"DISPLAY": NOBODY})


def test_a_display_that_never_answers_is_not_waited_for_long(monkeypatch):
    monkeypatch.setattr(display_check, "_PATIENCE", 0.05)
    never = display_check.threading.Event()
    monkeypatch.setattr(display_check, "_x_server_lets_in", lambda display: never.wait(30.0))
    began = time.monotonic()
    said = missing({"DISPLAY": "far.away:0"})
    never.set()
    assert "far.away:0 (DISPLAY) does not answer" in said
    assert time.monotonic() - began < 2.0


def test_a_wayland_session_without_x_is_told_which_platform_to_ask_for():
    assert "QT_QPA_PLATFORM=wayland" in missing({"WAYLAND_DISPLAY": "wayland-0"})


def test_a_wayland_display_that_is_not_there_is_named(tmp_path):
    said = missing({"QT_QPA_PLATFORM": "wayland", "XDG_RUNTIME_DIR": str(tmp_path)})
    assert f"no Wayland display at {tmp_path / 'wayland-0'}" in said


def test_the_first_platform_that_works_is_enough():
    assert missing({"QT_QPA_PLATFORM": "xcb;offscreen"}) == ""


def test_a_platform_that_qt_does_not_have_is_refused_with_those_it_has():
    said = missing({"QT_QPA_PLATFORM": "xbc"})
    assert "QT_QPA_PLATFORM=xbc is not known" in said
    assert "offscreen" in said and " xcb" in said


@pytest.mark.parametrize("system", ["darwin", "win32"])
def test_elsewhere_than_on_linux_only_the_packages_are_looked_for(system, monkeypatch):
    monkeypatch.setattr(sys, "platform", system)
    assert missing({"DISPLAY": NOBODY}) == ""


def test_the_check_itself_imports_nothing_of_qt():
    code = (
        "import sys; from labcim.gui.display_check import missing; missing(); "
        "print([m for m in sys.modules if m.startswith(('PyQt', 'sip', 'pyqtgraph'))])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_without_a_display_the_command_says_one_sentence_and_ends():
    hidden = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    began = children_cpu()
    done = subprocess.run(
        [sys.executable, "-m", "labcim", "gui"],
        env={name: value for name, value in os.environ.items() if name not in hidden},
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1 and "DISPLAY is not set" in done.stderr
    # What it costs, and not what else this machine does meanwhile.
    assert children_cpu() - began < 2.0


def children_cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
