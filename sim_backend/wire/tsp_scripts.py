"""Scripts that stay in a TSP instrument: loading, names, ``script`` and what a power cycle keeps.

Source: Series 2600B Reference Manual, 2600BS-901-01, section 6 (fundamentals of scripting).
"""

import re
from typing import Final, final

from .errors import ScpiError
from .tsp_sandbox import Sandbox
from .tsp_tree import call, getter, maker, names, part, printer, setter, text

_LOAD: Final = re.compile(r"(loadscript|loadandrunscript)(?:\s+([A-Za-z_]\w*))?\s*")
_LINES: Final = 20_000
_MOST: Final = 200
ANONYMOUS: Final = "anonymous"


@final
class Script:
    """One script. autorun: whether it runs when power comes; saved: what then is left of it."""

    def __init__(self, name: str, source: str) -> None:
        self.name = name
        self.source = source
        self.autorun = "no"
        self.saved: str | None = None


class Scripts:
    """All scripts of one instrument, and the one that is being loaded."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._all: dict[str, Script] = {}
        self._lines: list[str] | None = None
        self._name = ""
        self._runs_at_end = False

    @property
    def is_loading(self) -> bool:
        """Whether lines are taken for a script now."""
        return self._lines is not None

    def begin(self, word: str) -> bool:
        """Start loading where a message says so; tell whether it does."""
        found = _LOAD.fullmatch(word)
        if found is None:
            return False
        self._runs_at_end = found[1] == "loadandrunscript"
        self._lines, self._name = [], found[2] or ANONYMOUS
        return True

    def take_line(self, line: str) -> str | None:
        """Take one more line; return the source of a script that is to be run now."""
        assert self._lines is not None
        if line.strip() != "endscript":
            if len(self._lines) >= _LINES:
                self._lines = None
                raise ScpiError(-225)
            self._lines.append(line)
            return None
        source, self._lines = "\n".join(self._lines), None
        self.add(self._name, source)
        return source if self._runs_at_end else None

    def stop_loading(self) -> None:
        """Forget a script half loaded."""
        self._lines = None

    def add(self, name: str, source: str) -> Script:
        """Keep a script. Raises ScriptError where it does not compile, ScpiError for its name."""
        if self._sandbox.is_taken(name):
            raise ScpiError(-282, "Illegal program name")
        if len(self._all) >= _MOST:
            raise ScpiError(-281, "Cannot Create Program")
        self._sandbox.compile(source, name)
        script = Script(name, source)
        script.saved = self._all[name].saved if name in self._all else None
        self._all[name] = script
        self._sandbox.show(name, source, script)
        return script

    def power_cycle(self) -> list[str]:
        """Forget what was not saved; return the sources that run now, ``autoexec`` last."""
        kept = [script for script in self._all.values() if script.saved is not None]
        self._all, self._lines = {}, None
        for old in kept:
            script = self.add(old.name, old.saved or "")
            script.saved, script.autorun = old.saved, old.autorun
        running = [script.source for script in kept if script.autorun == "yes"]
        return running + [script.source for script in kept if script.name == "autoexec"]

    def find(self, name: object) -> Script:
        """Return a script by its name. Raises ScpiError -292."""
        found = self._all.get(text(name))
        if found is None:
            raise ScpiError(-292, "Referenced name does not exist")
        return found

    @maker("script.new", "script")
    def new(self, source: object, name: object = ANONYMOUS) -> Script:
        """Make a script of a text."""
        word = text(name)
        if re.fullmatch(r"[A-Za-z_]\w{0,254}", word) is None:
            raise ScpiError(-282, "Illegal program name")
        return self.add(word, text(source))

    @maker("script.newautorun", "script")
    def new_autorun(self, source: object, name: object = ANONYMOUS) -> Script:
        """Make a script of a text that runs when power comes, and once now."""
        script = self.new(source, name)
        script.autorun = "yes"
        return script

    @call("script.delete")
    def delete(self, name: object) -> None:
        """Forget a script, saved or not."""
        script = self.find(name)
        del self._all[script.name]
        self._sandbox.hide(script.name)

    @names("script.user.catalog")
    def catalogue(self) -> tuple[str, ...]:
        """Return the names of the scripts that are saved."""
        return tuple(name for name, script in self._all.items() if script.saved is not None)

    @part("script.anonymous", "script")
    def anonymous(self) -> Script | None:
        """Return the script that has no name, or nil."""
        return self._all.get(ANONYMOUS)

    @getter("script:name")
    def name_of(self, script: Script) -> str:
        """Return a script's name."""
        return script.name

    @getter("script:source")
    def source_of(self, script: Script) -> str:
        """Return a script's text."""
        return script.source

    @setter("script:source")
    def set_source(self, script: Script, source: object) -> None:
        """Give a script another text."""
        self._sandbox.compile(text(source), script.name)
        script.source = text(source)

    @getter("script:autorun")
    def autorun_of(self, script: Script) -> str:
        """Return whether a script runs when power comes: "yes" or "no"."""
        return script.autorun

    @setter("script:autorun")
    def set_autorun(self, script: Script, state: object) -> None:
        """Set whether a script runs when power comes."""
        if state not in ("yes", "no"):
            raise ScpiError(-224)
        script.autorun = str(state)

    @printer("script:list")
    def list_source(self, script: Script) -> str:
        """Return the text as it was loaded."""
        return f"loadscript {script.name}\n{script.source}\nendscript"

    @call("script:save")
    def save(self, script: Script, _path: object = None) -> None:
        """Keep a script over power cycles."""
        script.saved = script.source
