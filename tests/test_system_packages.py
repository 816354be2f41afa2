"""``make test`` installs what the window tests need of the system, and only what is missing."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parent / "system_packages.sh"
TOOLS = ("cat", "env", "find", "grep", "mktemp", "rm", "sh", "tail")
PROGRAMS = ("Xvfb", "openbox", "xdotool", "ngspice")


class Machine:
    """A machine with only these tools; its apt-get notes what it is asked for."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.asked = folder / "asked"
        for name in TOOLS:
            (folder / name).symlink_to(shutil.which(name))
        for name in PROGRAMS:
            self.tool(name, "exit 0")
        self.tool("uname", "echo Linux")
        self.tool("id", "echo 0")
        self.tool("dpkg", "exit 1")
        self.tool("sudo", "exit 1")
        self.tool("ldconfig", f"cat {folder}/libraries")
        self.tool("apt-get", f'echo "$@" >> {self.asked}')
        (folder / "libraries").write_text("".join(f"\t{name} (x)\n" for name in LIBRARIES))

    def tool(self, name: str, does: str) -> None:
        path = self.folder / name
        path.write_text(f"#!/bin/sh\n{does}\n")
        path.chmod(0o755)

    def lacks(self, library: str) -> None:
        path = self.folder / "libraries"
        path.write_text(path.read_text().replace(library, "libother.so.1"))

    def check(self) -> subprocess.CompletedProcess[str]:
        environment = {"PATH": str(self.folder), "PYTHON": sys.executable, "TMPDIR": os.devnull}
        environment["TMPDIR"] = str(self.folder)
        return subprocess.run(
            [self.folder / "sh", SCRIPT], env=environment, capture_output=True, text=True
        )

    def wanted(self) -> list[list[str]]:
        """Return the verb and the packages of every call of apt-get."""
        if not self.asked.exists():
            return []
        calls = [line.split() for line in self.asked.read_text().splitlines()]
        return [[w for w in call[3:] if not w.startswith("-")] for call in calls]


LIBRARIES = [
    line.split()[2] for line in SCRIPT.read_text().splitlines() if line.split()[1:2] == ["library"]
]


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_where_all_is_there_apt_get_is_never_asked(machine):
    done = machine.check()
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert machine.wanted() == []


def test_root_installs_what_is_missing_and_nothing_else(machine):
    machine.lacks("libxcb-icccm.so.4")
    (machine.folder / "xdotool").unlink()
    assert machine.check().returncode == 0
    assert [call[1:] for call in machine.wanted()] == [["install", "libxcb-icccm4", "xdotool"]]


def test_a_package_that_only_dpkg_knows_is_not_installed_again(machine):
    machine.lacks("libGL.so.1")
    machine.tool("dpkg", '[ "$2" = libgl1 ] && echo "Status: install ok installed"')
    assert machine.check().returncode == 0
    assert machine.wanted() == []


def test_an_old_list_of_packages_is_fetched_anew_once(machine):
    machine.lacks("libGL.so.1")
    note = f'echo "$@" >> {machine.asked}'
    machine.tool("apt-get", f"{note}\n[ $(grep -c . {machine.asked}) -gt 1 ] || exit 100")
    assert machine.check().returncode == 0
    verbs = [call[1] for call in machine.wanted()]
    assert verbs == ["install", "update", "install"]


def test_what_cannot_be_installed_is_said_with_the_reason(machine):
    machine.lacks("libGL.so.1")
    machine.tool("apt-get", "echo E: no route; exit 100")
    done = machine.check()
    assert done.returncode == 1
    assert "no route" in done.stderr
    assert "apt-get could not install: libgl1" in done.stderr


def test_a_sudo_that_asks_for_no_password_is_used(machine):
    machine.lacks("libGL.so.1")
    machine.tool("id", "echo 1000")
    machine.tool("sudo", 'shift; "$@"')
    machine.tool("true", "exit 0")
    assert machine.check().returncode == 0
    assert [call[1:] for call in machine.wanted()] == [["install", "libgl1"]]


def test_who_may_not_install_is_told_the_command(machine):
    machine.lacks("libGL.so.1")
    machine.tool("id", "echo 1000")
    done = machine.check()
    assert done.returncode == 1
    assert done.stderr.strip().endswith("please run: sudo apt-get install libgl1")
    assert machine.wanted() == []


def test_without_apt_get_the_names_are_told(machine):
    machine.lacks("libGL.so.1")
    (machine.folder / "apt-get").unlink()
    done = machine.check()
    assert done.returncode == 1
    assert "please install: libgl1" in done.stderr


def test_on_macos_nothing_is_looked_for(machine):
    machine.lacks("libGL.so.1")
    machine.tool("uname", "echo Darwin")
    done = machine.check()
    assert (done.returncode, done.stdout, machine.wanted()) == (0, "", [])
