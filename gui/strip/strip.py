"""The top strip, always in sight: emergency stop, outputs, what is real, the run and its buttons.

It is told plain values and emits signals. F5, F6 and F7 belong to the menus.
"""

from .. import theme
from ..allow import allow
from ..link.host_states import LinkState, StopState
from ..qt import QtCore, QtWidgets, Signal
from .short_label import ShortLabel
from .stop_button import StopButton

# kind -> (ink, paper)
_STOP_COLOURS = {
    "armed": (theme.FOREGROUND, theme.WINDOW),
    "stopping": (theme.FOREGROUND, "#ffd54d"),
    "safe": (theme.BACKGROUND, theme.SAFE),
    "not confirmed": (theme.BACKGROUND, theme.DANGER),
    "nothing held": (theme.FOREGROUND, "#dfe3e8"),
}
# kind -> (sign and words, ink, paper)
_OUTPUTS = {
    "off": ("○ OUTPUTS OFF", theme.BACKGROUND, theme.SAFE),
    "live": ("▲ OUTPUTS LIVE", theme.FOREGROUND, "#ffd54d"),
    "not confirmed": ("✕ NOT CONFIRMED", theme.BACKGROUND, theme.DANGER),
    "": ("– outputs unknown", theme.FOREGROUND, "#dfe3e8"),
}
_MODES = {
    "SIM": ("◇ SIM", theme.BACKGROUND, theme.ACCENT),
    "HARDWARE": ("■ HARDWARE", theme.BACKGROUND, theme.WARNING),
    "REPLAY": ("▷ REPLAY", theme.BACKGROUND, "#5b2a86"),
    "": ("– no bench", theme.FOREGROUND, "#dfe3e8"),
}
_BAD_NEWS = {"silent": ("▲ ", theme.WARNING), "lost": ("✕ ", theme.DANGER)}
_STEPS = 1000


class Strip(QtWidgets.QFrame):
    """The strip. Nothing disables its emergency stop."""

    emergency_pressed = Signal()
    rearm_pressed = Signal()
    start_pressed = Signal()
    pause_pressed = Signal()
    abort_pressed = Signal()

    def __init__(self, parent: QtWidgets.QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("strip")
        self.setAccessibleName("Emergency stop, outputs and run")
        self.emergency = StopButton(self)
        self.emergency.pressed.connect(self.emergency_pressed)
        self.rearm = self._button("rearm", "Re-arm", "", self.rearm_pressed)
        self.start = self._button("start", "Start", "F5", self.start_pressed)
        self.pause = self._button("pause", "Pause", "F6", self.pause_pressed)
        self.abort = self._button("abort", "Abort", "F7", self.abort_pressed)
        self.stop_text = ShortLabel(
            "stop_state", "State of the emergency stop", lines=2, padding=14
        )
        self.outputs = _Chip("outputs", "State of the outputs", _OUTPUTS)
        self.outputs_text = ShortLabel("outputs_text", "Last voltage and current", lines=2)
        self.mode = _Chip("mode", "What is real", _MODES)
        self.title = ShortLabel("run_title", "Run")
        self.run_state = ShortLabel("run_state", "State of the run")
        self.progress = QtWidgets.QProgressBar()
        self.eta = ShortLabel("eta", "Time left")
        self.link_text = ShortLabel("link_state", "Host")
        self.setSizePolicy(
            QtWidgets.QSizePolicy.Policy.Preferred, QtWidgets.QSizePolicy.Policy.Fixed
        )
        self._name_rest()
        self._lay_out()
        self._empty()

    def show_link(self, state: LinkState) -> None:
        """Show how it stands with the host; bad news have a sign and a colour."""
        sign, colour = _BAD_NEWS.get(state.kind, ("", theme.QUIET))
        self.link_text.say(sign + state.text)
        style = f"color: {colour}"
        if self.link_text.styleSheet() != style:
            self.link_text.setStyleSheet(style)

    def show_stop(self, state: StopState) -> None:
        """Show how it stands with the emergency stop; Re-arm is there while it is latched."""
        self.stop_text.say(state.text)
        _colour(self.stop_text, *_STOP_COLOURS[state.kind])
        self.emergency.setAccessibleDescription(state.text)
        if self.rearm.isHidden() == state.latched:
            self.rearm.setVisible(state.latched)

    def show_run(self, title: str, state_text: str, fraction: float | None, eta_text: str) -> None:
        """Show which run is on and how far it is. fraction: 0 to 1, None where it is not known."""
        self.title.say(title)
        self.run_state.say(state_text)
        known = fraction is not None
        value = round(_STEPS * min(max(fraction or 0.0, 0.0), 1.0))
        if self.progress.value() != value or self.progress.isTextVisible() != known:
            self.progress.setTextVisible(known)
            self.progress.setValue(value)
            self.progress.setFormat(f"{100.0 * value / _STEPS:.0f} %")
        self.eta.say(eta_text)

    def show_outputs(self, kind: str, text: str) -> None:
        """Show the outputs: "off", "live", "not confirmed" or "", and the last V and I in words."""
        self.outputs.show_kind(kind)
        self.outputs_text.say(text)

    def set_mode(self, mode: str) -> None:
        """Show what is real: "SIM", "HARDWARE", "REPLAY", or "" without a bench."""
        self.mode.show_kind(mode)

    def allow(self, start: str, pause: str, abort: str, resume_label: bool) -> None:
        """Say of each button why it cannot be used, "" where it can.

        resume_label: whether the pause button lets a paused run go on.
        """
        name = "Continue" if resume_label else "Pause"
        if self.pause.accessibleName() != name:
            self.pause.setText(f"{name}  F6")
            self.pause.setAccessibleName(name)
        does = "Let the paused run go on" if resume_label else "Pause the run at its next step"
        for button, told, why_not in (
            (self.start, "Start the recipe (F5)", start),
            (self.pause, f"{does} (F6)", pause),
            (self.abort, "End the run now: outputs off, read back (F7)", abort),
        ):
            allow(button, told, why_not and f"{told}\nNot now: {why_not}")

    def _button(
        self, name: str, text: str, key: str, pressed: QtCore.pyqtBoundSignal
    ) -> QtWidgets.QPushButton:
        button = QtWidgets.QPushButton(f"{text}  {key}".strip(), self)
        button.setObjectName(name)
        button.setAccessibleName(text)
        button.setAutoDefault(False)
        button.clicked.connect(lambda _checked=False: pressed.emit())
        return button

    def _name_rest(self) -> None:
        self.rearm.setToolTip("Let stimulus pass again after the emergency stop")
        self.progress.setObjectName("progress")
        self.progress.setAccessibleName("How much of the run is done")
        self.progress.setRange(0, _STEPS)

    def _lay_out(self) -> None:
        whole = QtWidgets.QHBoxLayout(self)
        whole.setContentsMargins(6, 6, 6, 6)
        whole.setSpacing(10)
        whole.addWidget(self.emergency)
        whole.addLayout(self._safety_column(), 6)
        whole.addLayout(self._run_column(), 5)
        whole.addLayout(self._buttons())

    def _safety_column(self) -> QtWidgets.QLayout:
        self.rearm.setFixedWidth(self.fontMetrics().horizontalAdvance(self.rearm.text()) + 22)
        above, below = QtWidgets.QHBoxLayout(), QtWidgets.QHBoxLayout()
        above.addWidget(self.stop_text, 1)
        below.addWidget(self.outputs)
        below.addWidget(self.outputs_text, 1)
        below.addWidget(self.rearm)
        return _stacked(above, below)

    def _run_column(self) -> QtWidgets.QLayout:
        above, middle = QtWidgets.QHBoxLayout(), QtWidgets.QHBoxLayout()
        above.addWidget(self.mode)
        above.addWidget(self.title, 1)
        middle.addWidget(self.progress, 2)
        middle.addWidget(self.eta, 3)
        lower, lowest = QtWidgets.QHBoxLayout(), QtWidgets.QHBoxLayout()
        lower.addWidget(self.run_state, 1)
        lowest.addWidget(self.link_text, 1)
        column = _stacked(above, middle, lower, lowest)
        column.setSpacing(2)
        return column

    def _buttons(self) -> QtWidgets.QLayout:
        column = QtWidgets.QVBoxLayout()
        column.setSpacing(3)
        room = self.fontMetrics().horizontalAdvance("Continue  F6") + 24  # the longest
        for button in (self.start, self.pause, self.abort):
            column.addWidget(button)
            button.setMinimumWidth(room)
        return column

    def _empty(self) -> None:
        self.show_link(LinkState("none", "no bench is joined"))
        self.show_stop(StopState("armed", "emergency stop is ready"))
        self.show_run("no run yet", "", None, "")
        self.show_outputs("", "")
        self.set_mode("")
        self.allow(*3 * ("no bench is joined",), resume_label=False)


class _Chip(QtWidgets.QLabel):
    """A word with a sign on a coloured ground, wide enough for the longest."""

    def __init__(self, name: str, accessible: str, kinds: dict[str, tuple[str, str, str]]) -> None:
        super().__init__()
        self.setObjectName(name)
        self.setAccessibleName(accessible)
        self.setAlignment(QtCore.Qt.AlignmentFlag.AlignCenter)
        policy = QtWidgets.QSizePolicy.Policy
        self.setSizePolicy(policy.Fixed, policy.Fixed)
        self._kinds = kinds

    def sizeHint(self) -> QtCore.QSize:  # noqa: N802 - Qt's name
        """Return the room for the longest word, in px."""
        self.ensurePolished()
        widest = max(self.fontMetrics().horizontalAdvance(kind[0]) for kind in self._kinds.values())
        return QtCore.QSize(widest + 16, self.fontMetrics().height() + 6)

    def minimumSizeHint(self) -> QtCore.QSize:  # noqa: N802 - Qt's name
        """Return the least room, in px."""
        return self.sizeHint()

    def show_kind(self, kind: str) -> None:
        """Show one of the kinds, or that for ""."""
        words, ink, paper = self._kinds.get(kind, self._kinds[""])
        _say(self, words)
        self.setAccessibleDescription(words)
        _colour(self, ink, paper, bold=True)


def _stacked(*rows: QtWidgets.QHBoxLayout) -> QtWidgets.QVBoxLayout:
    column = QtWidgets.QVBoxLayout()
    column.setSpacing(4)
    for row in rows:
        row.setSpacing(8)
        column.addLayout(row)
    return column


def _say(label: QtWidgets.QLabel, text: str) -> None:
    if label.text() != text:
        label.setText(text)


def _colour(label: QtWidgets.QLabel, ink: str, paper: str, *, bold: bool = False) -> None:
    weight = "font-weight: bold; " if bold else ""
    style = f"{weight}color: {ink}; background: {paper}; border-radius: 4px; padding: 1px 6px"
    if label.styleSheet() != style:
        label.setStyleSheet(style)
