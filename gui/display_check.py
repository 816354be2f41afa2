"""Can a window be opened here? Asked before Qt is: Qt itself answers by ending the process."""

import ctypes
import importlib.util
import os
import platform
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from pathlib import Path

INSTALL = 'pip install "labcim[gui]"'

#: Library -> the Debian or Ubuntu package that brings it; a bare machine lacks nothing else.
PACKAGES = {
    "libEGL.so.1": "libegl1",
    "libGL.so.1": "libgl1",
    "libGLX.so.0": "libglx0",
    "libX11-xcb.so.1": "libx11-xcb1",
    "libX11.so.6": "libx11-6",
    "libXext.so.6": "libxext6",
    "libdbus-1.so.3": "libdbus-1-3",
    "libexpat.so.1": "libexpat1",
    "libfontconfig.so.1": "libfontconfig1",
    "libfreetype.so.6": "libfreetype6",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libgthread-2.0.so.0": "libglib2.0-0",
    "libpng16.so.16": "libpng16-16",
    "libstdc++.so.6": "libstdc++6",
    "libwayland-client.so.0": "libwayland-client0",
    "libwayland-cursor.so.0": "libwayland-cursor0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-image.so.0": "libxcb-image0",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-randr.so.0": "libxcb-randr0",
    "libxcb-render-util.so.0": "libxcb-render-util0",
    "libxcb-render.so.0": "libxcb-render0",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-shm.so.0": "libxcb-shm0",
    "libxcb-sync.so.1": "libxcb-sync1",
    "libxcb-util.so.1": "libxcb-util1",
    "libxcb-xfixes.so.0": "libxcb-xfixes0",
    "libxcb-xinerama.so.0": "libxcb-xinerama0",
    "libxcb-xkb.so.1": "libxcb-xkb1",
    "libxcb.so.1": "libxcb1",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libz.so.1": "zlib1g",
}

_PATIENCE = 3.0  # s for a display to answer: one across a network may never do


def missing(environ: Mapping[str, str] = os.environ) -> str:
    """Return "", or one sentence that says why no window can be opened and what to do.

    Imports neither Qt nor pyqtgraph; takes some hundredths of a second.
    """
    if absent := [name for name in ("PyQt5", "pyqtgraph") if not _folder_of(name)]:
        return f"the window needs {' and '.join(absent)}: {_how_to_install(absent)}"
    if not sys.platform.startswith("linux"):
        return ""
    troubles = {name: _troubles(name, environ) for name in _platforms(environ)}
    if not all(troubles.values()):
        return ""  # Qt takes the first one that works
    return "no window can be opened here: " + "; and ".join(list(troubles.values())[-1])


def _troubles(platform_name: str, environ: Mapping[str, str]) -> list[str]:
    """Return what stands against one of Qt's platforms, each with what helps."""
    if platform_name not in (there := _plugins()) and there:
        return [f"QT_QPA_PLATFORM={platform_name} is not known: Qt has {', '.join(there)} here"]
    lacking = _lacking_libraries(platform_name)
    known = sorted({PACKAGES[name] for name in lacking if name in PACKAGES})
    unknown = sorted(name for name in lacking if name not in PACKAGES)
    troubles: list[str] = []
    fontless = "libfontconfig.so.1" not in lacking and _fonts() == 0
    if fontless:
        known.append("fonts-dejavu-core")
    if known:
        what = ["system libraries"] * bool(lacking) + ["fonts"] * fontless
        troubles.append(f"{' and '.join(what)} are missing (Debian, Ubuntu: {_apt_get(known)})")
    if unknown:
        troubles.append(f"Qt cannot load {', '.join(unknown)}")
    displays = {"xcb": _no_x_display, "wayland": _no_wayland_display}
    asked = displays.get(platform_name.partition("-")[0])
    if asked and (trouble := asked(environ)):
        troubles.append(trouble)
    return troubles


def _platforms(environ: Mapping[str, str]) -> list[str]:
    """Return the platforms that Qt will try, in order, by the same rules."""
    if wanted := environ.get("QT_QPA_PLATFORM", ""):
        return [word.partition(":")[0] for word in wanted.split(";")]
    desktop = environ.get("XDG_CURRENT_DESKTOP", "") + environ.get("XDG_SESSION_DESKTOP", "")
    on_wayland = environ.get("XDG_SESSION_TYPE") == "wayland"
    return ["wayland", "xcb"] if on_wayland and "gnome" not in desktop.lower() else ["xcb"]


# ---- packages and libraries


def _folder_of(package: str) -> Path | None:
    found = importlib.util.find_spec(package)
    places = found.submodule_search_locations if found else None
    return Path(next(iter(places))) if places else None


def _how_to_install(absent: Iterable[str]) -> str:
    # There is no wheel of PyQt5 for Linux on ARM: building it takes an hour, and mostly fails.
    arm = sys.platform.startswith("linux") and platform.machine().startswith(("aarch64", "arm"))
    if arm and "PyQt5" in absent:
        return (
            f"on this machine: {_apt_get(['python3-pyqt5'])}, then an environment that "
            'sees it (python3 -m venv --system-site-packages) and pip install "pyqtgraph>=0.14"'
        )
    return INSTALL


def _apt_get(packages: Iterable[str]) -> str:
    root = hasattr(os, "geteuid") and os.geteuid() == 0
    return " ".join([*(() if root else ("sudo",)), "apt-get", "install", *packages])


def _plugin_folder() -> Path:
    package = _folder_of("PyQt5")
    assert package is not None
    # A PyQt5 that came with the system keeps its plugins elsewhere, and apt-get cares for them.
    return package / "Qt5" / "plugins" / "platforms"


def _plugins() -> list[str]:
    """Return the names of Qt's platforms; none where they are not beside PyQt5."""
    names = [path.stem.removeprefix("libq") for path in _plugin_folder().glob("libq*.so")]
    return sorted({*names, *("wayland" for name in names if name.startswith("wayland"))})


def _lacking_libraries(platform_name: str) -> list[str]:
    """Return the system libraries that are not there for PyQt5's widgets and a platform."""
    plugins, stem = _plugin_folder(), platform_name
    if stem == "wayland":
        stem = "wayland-generic"
    wanted = [*plugins.parents[2].glob("QtWidgets*.so"), plugins / f"libq{stem}.so"]
    return sorted({name for path in wanted if path.exists() for name in _not_found(path)})


def _not_found(library: Path) -> list[str]:
    """Return the names of the libraries that the loader will not find for this one."""
    try:
        said = subprocess.run(
            ["ldd", str(library)],
            capture_output=True,
            text=True,
            timeout=10,
            env={**os.environ, "LC_ALL": "C"},
        ).stdout
    except (OSError, subprocess.SubprocessError):
        return [name for name in _named_in(library) if name in PACKAGES and not _loads(name)]
    return [line.split()[0] for line in said.splitlines() if line.endswith("=> not found")]


def _named_in(library: Path) -> set[str]:
    """Return the libraries that a library itself names, where there is no ldd to tell all."""
    return {name.decode() for name in re.findall(rb"lib[\w.+-]+\.so\.\d+", library.read_bytes())}


def _loads(name: str) -> bool:
    try:
        ctypes.CDLL(name)
    except OSError:
        return False
    return True


# ---- fonts: without any, Qt draws a window in which every text is missing


class _FontSet(ctypes.Structure):
    _fields_ = (("count", ctypes.c_int), ("room", ctypes.c_int), ("fonts", ctypes.c_void_p))


def _fonts() -> int | None:
    """Return how many fonts there are, or None where that cannot be found out."""
    try:
        library = ctypes.CDLL("libfontconfig.so.1")
        start, fonts = library.FcInitLoadConfigAndFonts, library.FcConfigGetFonts
    except (OSError, AttributeError):
        return None
    start.restype, start.argtypes = ctypes.c_void_p, []
    fonts.restype = ctypes.POINTER(_FontSet)
    fonts.argtypes = [ctypes.c_void_p, ctypes.c_int]
    configured = start()
    found = fonts(configured, 0) if configured else None  # 0: those of the system
    return int(found.contents.count) if found else 0


# ---- displays


def _no_x_display(environ: Mapping[str, str]) -> str:
    display = environ.get("DISPLAY", "")
    if not display and environ.get("WAYLAND_DISPLAY"):
        return "this Wayland session has no X server (set QT_QPA_PLATFORM=wayland)"
    if not display:
        return (
            "there is no display, DISPLAY is not set (work in a desktop session, come in with "
            "ssh -X, or put xvfb-run before the command)"
        )
    if _answers(lambda: _x_server_lets_in(display)):
        return ""
    return (
        f"the display {display} (DISPLAY) does not answer or does not let you in (is it still "
        "there? come in again with ssh -X, or put xvfb-run before the command)"
    )


def _x_server_lets_in(display: str) -> bool:
    """Say whether an X server takes us at a display; true where there is no means to ask."""
    try:
        library = ctypes.CDLL("libxcb.so.1")
    except OSError:
        return True  # then libxcb itself is what is missing
    library.xcb_connect.restype = ctypes.c_void_p
    library.xcb_connect.argtypes = [ctypes.c_char_p, ctypes.c_void_p]
    library.xcb_connection_has_error.argtypes = [ctypes.c_void_p]
    library.xcb_disconnect.argtypes = [ctypes.c_void_p]
    connection = library.xcb_connect(display.encode(), None)
    refused = bool(library.xcb_connection_has_error(connection))
    library.xcb_disconnect(connection)
    return not refused


def _answers(ask: Callable[[], bool]) -> bool:
    """Return what is answered, and False where nothing is for some seconds."""
    answer: list[bool] = []
    asking = threading.Thread(target=lambda: answer.append(ask()), daemon=True, name="display")
    asking.start()
    asking.join(_PATIENCE)
    return answer == [True]


def _no_wayland_display(environ: Mapping[str, str]) -> str:
    name = environ.get("WAYLAND_DISPLAY", "wayland-0")
    socket = Path(environ.get("XDG_RUNTIME_DIR", "/")) / name
    with suppress(OSError):
        if socket.is_socket():
            return ""
    return f"there is no Wayland display at {socket} (set QT_QPA_PLATFORM=xcb, or unset it)"
