"""The controls of a replay: play, step, seek, speed, and the way back to the bench."""

import math
from collections.abc import Callable, Sequence

from .. import theme
from ..allow import allow
from ..qt import QtCore, QtWidgets, Signal
from .playhead import FASTEST, SLOWEST
from .replayer import Replayer, ReplayState
from .scrubber import Scrubber
from .timeline import Mark

SPEEDS = (SLOWEST, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, FASTEST, math.inf)


class ReplayBar(QtWidgets.QWidget):
    """Shows where a replay is, and tells what is wanted of it.

    ``attach`` joins it to a replayer, and ``poll`` then shows what that does; without one it only
    tells, by its signals.
    """

    play_wanted = Signal()
    pause_wanted = Signal()
    step_wanted = Signal(int)
    seek_wanted = Signal(float)
    home_wanted = Signal()
    end_wanted = Signal()
    speed_wanted = Signal(float)
    leave_wanted = Signal()

    def __init__(self, parent: QtWidgets.QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("replay_bar")
        self.setAccessibleName("Replay")
        self._replayer: Replayer | None = None
        self._shown: ReplayState | None = None
        self._playing = False
        self._build()
        self._connect()

    def _build(self) -> None:
        self.scrubber = Scrubber()
        _name(self.scrubber, "replay_position", "Position in the run")
        self.scrubber.setToolTip("Click or drag; Left, Right, Home, End and Space work here")
        self._home = _button("replay_home", "|◀", "To the beginning", "Home")
        self._back = _button("replay_back", "◀", "One document back", "Left")
        self._play = _button("replay_play", "▶ Play", "Play or pause", "Space")
        self._forward = _button("replay_forward", "▶|", "One document forward", "Right")
        self._end = _button("replay_end", "▶▶|", "To the end, as fast as it goes", "End")
        self._speed = QtWidgets.QComboBox()
        _name(self._speed, "replay_speed", "Speed")
        self._speed.setToolTip(
            "How fast it plays; fastest: as fast as it goes. Gaps of more than 2 s are shortened."
        )
        for speed in SPEEDS:
            self._speed.addItem("fastest" if math.isinf(speed) else f"{speed:g}×", speed)
        self._speed.setCurrentIndex(SPEEDS.index(1.0))
        self._time = QtWidgets.QLabel()
        _name(self._time, "replay_time", "Time in the replay, and its duration")
        self._leave = _button(
            "leave_replay", "✕ Leave", "Leave the replay and show the bench again", ""
        )
        self._trouble = QtWidgets.QLabel()
        _name(self._trouble, "replay_trouble", "What is wrong with the replay")
        self._trouble.setWordWrap(True)
        self._trouble.setTextFormat(QtCore.Qt.TextFormat.PlainText)
        self._trouble.setStyleSheet(f"color: {theme.DANGER}; font-weight: bold")
        self._trouble.hide()
        row = QtWidgets.QHBoxLayout()
        row.setContentsMargins(0, 0, 0, 0)
        for button in (self._home, self._back, self._play, self._forward, self._end):
            row.addWidget(button)
            button.setMaximumWidth(90 if button is self._play else 48)
        row.addWidget(self.scrubber, 1)
        for widget in (self._time, self._speed, self._leave):
            row.addWidget(widget)
        column = QtWidgets.QVBoxLayout(self)
        column.setContentsMargins(6, 2, 6, 2)
        column.addLayout(row)
        column.addWidget(self._trouble)
        self.setFocusProxy(self.scrubber)

    def _connect(self) -> None:
        self._home.clicked.connect(self.home_wanted)
        self._back.clicked.connect(lambda: self.step_wanted.emit(-1))
        self._play.clicked.connect(self._toggle)
        self._forward.clicked.connect(lambda: self.step_wanted.emit(1))
        self._end.clicked.connect(self.end_wanted)
        self._leave.clicked.connect(self.leave_wanted)
        self.scrubber.sought.connect(self.seek_wanted)
        self.scrubber.key_pressed.connect(self._key)
        self._speed.activated.connect(lambda at: self.speed_wanted.emit(SPEEDS[at]))
        self.play_wanted.connect(lambda: self._ask(Replayer.play))
        self.pause_wanted.connect(lambda: self._ask(Replayer.pause))
        self.step_wanted.connect(lambda by: self._ask(Replayer.step, by))
        self.seek_wanted.connect(lambda to: self._ask(Replayer.seek, to))
        self.home_wanted.connect(lambda: self._ask(Replayer.home))
        self.end_wanted.connect(lambda: self._ask(Replayer.end))
        self.speed_wanted.connect(lambda speed: self._ask(Replayer.set_speed, speed))

    def attach(self, replayer: Replayer) -> None:
        """Steer a replayer, and show what it does from now on; the keys go to the scrubber."""
        self._replayer, self._shown = replayer, None
        self.show_marks(())
        self.poll()
        self.setFocus()

    def poll(self) -> None:
        """Look at the replayer; cheap where nothing has changed."""
        if self._replayer is None:
            return
        state = self._replayer.state
        if state.duration is not None and (self._shown is None or self._shown.duration is None):
            self.show_marks(self._replayer.marks)
        if state != self._shown:
            self.show_state(state)

    def show_marks(self, marks: Sequence[Mark]) -> None:
        """Show ticks on the scrubber."""
        self.scrubber.show_marks(marks)

    def show_state(self, state: ReplayState) -> None:
        """Show where a replay is."""
        self._shown = state
        self.scrubber.show_position(state.position or 0.0)
        whole = clock(state.duration) if state.duration is not None else "reading…"
        self._time.setText(f"{clock(state.elapsed)} / {whole}\n{self._count(state)}")
        # It only grows, so that the scrubber does not tremble while it plays.
        self._time.setMinimumWidth(max(self._time.minimumWidth(), self._time.sizeHint().width()))
        self._playing = state.kind == "playing"
        self._play.setText("‖ Pause" if self._playing else "▶ Play")
        self._allow_steps(state)
        at = SPEEDS.index(state.speed) if state.speed in SPEEDS else -1
        if at < 0:
            self._speed.setPlaceholderText(f"{state.speed:g}×")
        if self._speed.currentIndex() != at:
            self._speed.setCurrentIndex(at)
        self._trouble.setText(f"✗ The replay cannot go on: {state.text}" if state.text else "")
        self._trouble.setVisible(bool(state.text))

    @staticmethod
    def _count(state: ReplayState) -> str:
        ended = ", the end" if state.kind == "at the end" else ""
        whole = f" of {state.documents:,}" if state.documents else ""
        return f"document {state.at:,}{whole}{ended}"

    def _allow_steps(self, state: ReplayState) -> None:
        """Say of buttons that can do nothing why they cannot."""
        at_end = "" if state.kind != "at the end" else "The replay is at its end"
        for button in (self._forward, self._end):
            allow(button, str(button.property("tip")), at_end)
        at_start = "" if state.at > 0 else "The replay is at its beginning"
        for button in (self._home, self._back):
            allow(button, str(button.property("tip")), at_start)

    def _toggle(self) -> None:
        if self._playing:
            self.pause_wanted.emit()
        else:
            self.play_wanted.emit()

    def _key(self, key: str) -> None:
        match key:
            case "play":
                self._toggle()
            case "back":
                self.step_wanted.emit(-1)
            case "forward":
                self.step_wanted.emit(1)
            case "home":
                self.home_wanted.emit()
            case _:
                self.end_wanted.emit()

    def _ask(self, deed: Callable[..., None], *how: float) -> None:
        if self._replayer is not None:
            deed(self._replayer, *how)
            self.poll()


def clock(seconds: float) -> str:
    """Return a time for people: ``0:07.36``, ``0:17.3``, ``12:05``, ``1:02:03``. seconds: s."""
    if seconds < 10:
        return f"0:{math.floor(seconds * 100) / 100:05.2f}"
    if seconds < 60:
        return f"0:{math.floor(seconds * 10) / 10:04.1f}"
    minutes, rest = divmod(math.floor(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def _name(widget: QtWidgets.QWidget, name: str, text: str) -> None:
    widget.setObjectName(name)
    widget.setAccessibleName(text)


def _button(name: str, text: str, meaning: str, key: str) -> QtWidgets.QPushButton:
    button = QtWidgets.QPushButton(text)
    _name(button, name, meaning)
    tip = f"{meaning} ({key}, with the position in focus)" if key else meaning
    button.setToolTip(tip)
    button.setProperty("tip", tip)
    return button
