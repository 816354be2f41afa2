"""What people want of the bench, and what of it can be had now; for strip, menus and keys."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from labcim.errors import LabcimError
from labcim.units import show

from .file_dialogs import ask_for_file
from .qt import QtCore
from .run.hub import Stimulus
from .session import Notice
from .strip.stop_keys import StopKeys

if TYPE_CHECKING:
    from .window import Window

_ENDING = "a run is on: wait for its end, or abort it (F7)"


class Steering(QtCore.QObject):
    """The hands of one window."""

    def __init__(self, window: "Window") -> None:
        super().__init__(window)
        self._window = window
        self._session = window.session
        strip = window.strip
        strip.emergency_pressed.connect(self.emergency_stop)
        strip.rearm_pressed.connect(self._session.link.rearm)
        strip.start_pressed.connect(self.start)
        strip.pause_pressed.connect(self.pause_or_continue)
        strip.abort_pressed.connect(self.abort)
        self._keys = StopKeys(strip.emergency, self.emergency_stop)

    def close(self) -> None:
        """Hear no keys any more."""
        self._keys.close()

    # What people do.

    def emergency_stop(self) -> None:
        """Turn all outputs off now, and keep them off until re-armed."""
        self._session.link.emergency_stop("emergency stop in the dashboard")

    def start(self) -> None:
        """Run the recipe in the form."""
        if self._refused("start"):
            return
        try:
            recipe = self._window.form.recipe()
        except LabcimError as trouble:
            self._window.form.go_to_trouble()
            self._window.banner.say(str(trouble), "error")
            return
        self._session.start(recipe)

    def pause_or_continue(self) -> None:
        """Let the run wait at its next step, or go on."""
        if not self._refused("pause"):
            paused = self._session.status.get("state") == "paused"
            self._session.link.ask("continue" if paused else "pause", reason="the dashboard")

    def abort(self) -> None:
        """End the run now, outputs off; it can be resumed."""
        if not self._refused("abort"):
            self._session.link.ask("abort", reason="abort in the dashboard")

    def stop_after_unit(self) -> None:
        """End the run after the present unit of work; it can be resumed."""
        if not self._refused("abort"):
            self._session.link.ask("stop", reason="stop in the dashboard")

    def resume(self, run: str) -> None:
        """Go on with a run that did not complete."""
        if not self._refused("start"):
            self._session.resume(run)

    def replay(self, run: str, speed: float = 1.0) -> None:
        """Play a run on record again."""
        try:
            self._session.replay(run, speed)
        except LabcimError as trouble:
            self._window.banner.say(str(trouble), "error")
            return
        self.show_replay()

    def show_replay(self) -> None:
        """Show the scrubber of the replay that has begun."""
        bar = self._window.replay_bar
        if self._session.replayer is not None:
            bar.attach(self._session.replayer)
            bar.show()

    def leave_replay(self) -> None:
        """Show the bench again."""
        self._session.leave_replay()
        self._window.replay_bar.hide()

    def ask_for_bench(self) -> None:
        """Let a bench file be chosen, and hold that bench."""
        ask_for_file(self._window, "Open a bench", "Bench file (*.toml)", self._session.open_bench)

    def ask_for_report(self, run: str) -> None:
        """Let a file be chosen, and write the report of a run to it."""

        def write(path: Path) -> None:
            self._session.write_report(run, path)

        name = f"report-{run[:8]}.html"
        ask_for_file(self._window, "Write the report", "Page (*.html)", write, save_as=name)

    def let_go(self) -> None:
        """Let the host end when its run has ended."""
        self._session.link.ask("end")

    def offered(self, notice: Notice) -> list[tuple[str, Callable[[], None]]]:
        """Return what may be done about a notice: label and call."""
        doing: dict[str, tuple[str, Callable[[], None]]] = {
            "report": ("Report…", lambda: self.ask_for_report(notice.run)),
            "resume": ("Resume", lambda: self.resume(notice.run)),
            "another bench": ("Choose a bench", self._session.live.reset),
            "start the host again": ("Start the host again", self._start_again),
        }
        return [doing[name] for name in notice.offer]

    def _start_again(self) -> None:
        if self._session.held is not None:
            self._session.open_bench(self._session.held.path)

    # What can be had, and how it stands.

    def show(self) -> None:
        """Bring the strip up to date."""
        session, strip = self._session, self._window.strip
        link = session.link.state
        strip.show_link(link)
        strip.show_stop(session.link.stop)
        self._show_outputs()
        strip.set_mode(self._mode())
        self._show_run()
        paused = link.status.get("state") == "paused"
        strip.allow(**self._allow(), resume_label=paused)

    def _mode(self) -> str:
        if self._session.replayer is not None:
            return "REPLAY"
        return str(self._session.status.get("mode", ""))

    def _show_outputs(self) -> None:
        session = self._session
        if session.link.state.kind == "none":
            self._window.strip.show_outputs("", "no bench is held")
            return
        known = str(session.status.get("outputs", "not confirmed"))
        text = str(session.status.get("outputs_text", ""))
        if session.link.state.kind in ("lost", "silent"):
            known, text = "not confirmed", session.link.state.text
        if known == "live":
            text = _last_pulse(session.live.last_stimulus)
        self._window.strip.show_outputs(known, text)

    def _show_run(self) -> None:
        session, strip = self._session, self._window.strip
        hub, status = session.hub, session.status
        if hub.start is None:
            strip.show_run("", "no run yet", None, "")
            return
        title = f"{hub.start.protocol} on {hub.start.chip}"
        if session.replayer is not None:
            state, check = session.replayer.state, session.replayer.check
            verdicts = {True: ", hash agrees", False: ", HASH DIFFERS", None: ""}
            verdict = verdicts[check.intact]
            strip.show_run(title, f"replay, {state.kind}{verdict}", state.position, "")
        elif session.running and status.get("run") == hub.start.run:
            told = f"{status['state']}: {status.get('text') or status.get('unit', '')}"
            strip.show_run(title, told, session.fraction, session.eta.text())
        elif hub.stop is not None:
            done = 1.0 if hub.stop.state == "completed" else None
            strip.show_run(title, f"{hub.stop.state}: {hub.stop.reason}", done, "")
        else:
            lost = session.link.state.kind in ("lost", "silent")
            told = "how it stands is not known" if lost else str(status.get("state", ""))
            strip.show_run(title, told, None, "")

    def _allow(self) -> dict[str, str]:
        session = self._session
        kind, state = session.link.state.kind, session.status.get("state")
        if session.replayer is not None and not session.running:
            why = "this is a replay: leave it first"
            return {"start": why, "pause": why, "abort": why}
        if kind != "joined":
            why = "no bench is held" if kind == "none" else session.link.state.text
            return {"start": why, "pause": why, "abort": why}
        nothing = "" if session.running else "nothing runs"
        if state == "estop":
            start = "the emergency stop is latched: re-arm first"
        elif not session.status.get("takes_runs"):
            start = "this host takes no runs from others: it was started for one of its own"
        elif session.starting:
            start = "a run has been asked for: it begins"
        else:
            start = _ENDING if session.running else ""
        return {"start": start, "pause": nothing, "abort": nothing}

    def _refused(self, what: str) -> bool:
        if why := self._allow()[what]:
            self._window.banner.say(f"{what}: {why}", "warning")
        return bool(why)


def _last_pulse(last: Stimulus | None) -> str:
    if last is None:
        return "no pulse yet in this run"
    return f"last pulse {last.amplitude:+.2f} V, {show(last.peak_current, 'A')}"
