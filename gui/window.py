"""The dashboard's window: joins what is known (a session) with what is shown (the widgets).

One timer looks at what has changed; no thread ever calls a widget.
"""

from pathlib import Path

from labcim.errors import LabcimError
from labcim.recipe import read_toml

from .banner import Banner
from .bench_view import BenchView
from .file_dialogs import ask_for_file
from .history.history_panel import HistoryPanel
from .hosting import Held
from .log_panel import LogPanel
from .menus import make_menus
from .offer import Offer
from .own_log import OwnLog
from .pace import FRAME, FrameCount, Throttle
from .qt import QtCore, QtGui, QtWidgets
from .recipe.recipe_form import RecipeForm
from .replay.replay_bar import ReplayBar
from .session import SIMULATED, Notice, Session
from .steering import Steering
from .strip.strip import Strip

_RECIPES = "Recipe (*.toml)"
_HIDDEN_FRAME = 0.2  # s between looks while nobody sees the window


class Window(QtWidgets.QMainWindow):
    """One dashboard. It closes without touching the host."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self.setObjectName("dashboard")
        self.setWindowTitle("labcim")
        self.strip = Strip()
        self.bar = QtWidgets.QMenuBar()
        self.banner = Banner()
        self.offer = Offer(str(SIMULATED))
        self.bench = BenchView(session.hub)
        self.replay_bar = ReplayBar()
        self.form = RecipeForm()
        self.history = HistoryPanel()
        self.log = LogPanel()
        self._logged = 0
        self._own_log = OwnLog()
        self._hub = session.hub
        self._resets = 0
        self._started = session.hub.start
        self._offered: list[Held] = []
        self._frames = FrameCount()
        self._forecast_pace = Throttle()
        self._held = session.held
        self._known_runs: tuple[object, ...] = (session.record, None, 0)
        self._place()
        self.steering = Steering(self)
        make_menus(self)
        self._allow_picked()
        self._connect()
        self._timer = QtCore.QTimer(self)
        self._timer.setTimerType(QtCore.Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self.frame)
        self._timer.start(round(FRAME * 1e3))

    def _place(self) -> None:
        self._pages = QtWidgets.QStackedWidget()
        self._pages.addWidget(self.offer)
        self._pages.addWidget(self.bench)
        middle = QtWidgets.QWidget()
        column = QtWidgets.QVBoxLayout(middle)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.banner)
        column.addWidget(self._pages, 1)
        column.addWidget(self.replay_bar)
        self.setCentralWidget(middle)
        self.replay_bar.hide()
        self.setMenuWidget(_stacked(self.strip, self.bar))
        self._place_docks()

    def _place_docks(self) -> None:
        area = QtCore.Qt.DockWidgetArea
        self.setCorner(QtCore.Qt.Corner.BottomRightCorner, area.RightDockWidgetArea)
        self.protocol_dock = self._dock("Protocol", self.form, area.RightDockWidgetArea)
        self.history_dock = self._dock("History", self.history, area.BottomDockWidgetArea)
        self.log_dock = self._dock("Log", self.log, area.BottomDockWidgetArea)
        self.tabifyDockWidget(self.history_dock, self.log_dock)
        self.history_dock.raise_()
        self.resizeDocks([self.protocol_dock], [360], QtCore.Qt.Orientation.Horizontal)
        self.resizeDocks([self.history_dock], [230], QtCore.Qt.Orientation.Vertical)

    def _dock(
        self, title: str, widget: QtWidgets.QWidget, area: QtCore.Qt.DockWidgetArea
    ) -> QtWidgets.QDockWidget:
        dock = QtWidgets.QDockWidget(title, self)
        dock.setObjectName(f"{title.lower()}_dock")
        dock.setWidget(widget)
        self.addDockWidget(area, dock)
        return dock

    def _connect(self) -> None:
        self.offer.simulated_wanted.connect(self.session.open_simulated)
        self.offer.file_wanted.connect(self.steering.ask_for_bench)
        self.offer.host_wanted.connect(lambda at: self.session.join(self.session.others[at]))
        self.form.changed.connect(self._forecast_pace.want)
        self.form.run_wanted.connect(self.steering.start)
        self.form.cells_wanted.connect(self._use_picked)
        self.bench.map.picked.connect(self._allow_picked)
        self.history.replay_wanted.connect(self.steering.replay)
        self.history.resume_wanted.connect(self.steering.resume)
        self.history.report_wanted.connect(self.steering.ask_for_report)
        self.history.recipe_wanted.connect(self.use_recipe)
        self.replay_bar.leave_wanted.connect(self.steering.leave_replay)
        self.log_dock.visibilityChanged.connect(self._log_seen)

    # What people do with recipes.

    def use_recipe(self, text: str) -> None:
        """Put a recipe (TOML) into the form."""
        try:
            self.form.set_recipe(text)
        except LabcimError as trouble:
            self.banner.say(str(trouble), "error")

    def ask_for_recipe(self) -> None:
        """Let a recipe file be chosen, and put it into the form."""
        ask_for_file(self, "Open a recipe", _RECIPES, self._open_recipe)

    def ask_where_to_save(self) -> None:
        """Let a file be chosen for the recipe in the form."""
        try:
            recipe = self.form.recipe()
        except LabcimError as trouble:
            self.banner.say(str(trouble), "error")
            return
        text, name = recipe.to_toml(), f"{recipe.protocol}.toml"
        ask_for_file(
            self, "Save the recipe", _RECIPES, lambda path: self._write(path, text), save_as=name
        )

    def _open_recipe(self, path: Path) -> None:
        try:
            read_toml(path, "recipe")
            self.form.set_folder(path.resolve().parent)
            self.form.set_recipe(path.read_text(encoding="utf-8"))
        except LabcimError as trouble:
            self.banner.say(str(trouble), "error")

    def _write(self, path: Path, text: str) -> None:
        try:
            path.write_text(text, encoding="utf-8")
        except OSError as trouble:
            self.banner.say(f"recipe {path} cannot be written: {trouble}", "error")
        else:
            self.banner.say(f"recipe {path} is written")

    def _allow_picked(self) -> None:
        picked = self.bench.map.picked_cells.size
        self.form.allow_cells("" if picked else "No cell is picked on the map")

    def _use_picked(self) -> None:
        held = self.session.held
        if held is not None:
            self.form.use_cells(self.bench.map.picked_cells, held.bench.chip.topology())

    # What is shown.

    def frame(self) -> None:
        """Look at what has changed since the last frame, and show it."""
        session = self.session
        session.tick()
        if session.hub is not self._hub:
            self._hub = session.hub
            self._resets = -1
            self.bench.look_at(session.hub)
        if self._hub.resets != self._resets:
            self._resets, self._logged = self._hub.resets, 0
            self.log.clear()
        self._show_page()
        self.bench.show_lag(0.0 if session.replayer else session.link.state.lag)
        changed = self._hub.look()
        self.bench.take(changed)
        if self._hub.start is not self._started:
            self._started = self._hub.start
            self.banner.withdraw()  # what was told of the run before: the history has it
        self._show_log()
        while session.notices:
            self._tell(session.notices.popleft())
        if session.held is not self._held:
            self._held = session.held
            self._forecast_pace.want()  # what a recipe takes depends on the bench
        known = (session.record, session.status.get("run"), session.runs_ended)
        if known != self._known_runs:
            self._known_runs = known
            self.history.refresh()
        self.steering.show()
        self.history.poll()
        if session.replayer is not None:
            self.replay_bar.poll()
        self._forecast_pace(self._forecast)
        if self._frames.frame():
            self._show_rate()

    def _show_page(self) -> None:
        session = self.session
        if session.others != self._offered:
            self._offered = list(session.others)
            self.offer.show_hosts([f"{held.card.bench}, {held.card}" for held in session.others])
        held = session.held is not None or session.hub.start is not None or session.replayer
        page: QtWidgets.QWidget = self.bench if held else self.offer
        if self._pages.currentWidget() is not page:
            self._pages.setCurrentWidget(page)
            if page is self.bench:
                self.form.setFocus()  # else Qt hands the focus to the next button
        if not held:
            if session.opening:
                self.offer.say("One moment", session.opening, busy=True)
            else:
                self.offer.say("No bench is held", "Choose what to work on:", busy=False)

    def _show_log(self) -> None:
        lines, self._logged = self._hub.new_log(self._logged)
        lines += self._own_log.take()
        if lines:
            self.log.add(lines)
        count = self.log.unseen
        title = f"Log ({count} new)" if count else "Log"
        if self.log_dock.windowTitle() != title:
            self.log_dock.setWindowTitle(title)

    def _log_seen(self, in_sight: bool) -> None:
        if in_sight:
            self.log.seen()

    def _tell(self, notice: Notice) -> None:
        self.banner.say(notice.text, notice.level, self.steering.offered(notice), notice.run)

    def _forecast(self) -> None:
        try:
            recipe = self.form.recipe()
        except LabcimError as trouble:
            self.form.set_preview([str(trouble)])
            return
        self.session.forecast(recipe, self.form.set_preview)

    def _show_rate(self) -> None:
        counts = self._hub.counts
        told = (
            f"{self._frames.rate:.0f} frames/s   {counts.readings:,} rows, {counts.pulses:,} pulses"
        )
        if counts.dropped:
            told += f"   {counts.dropped:,} older rows no longer drawn (all are on record)"
        bar = self.statusBar()
        if bar is not None:
            bar.showMessage(told)
        seen = self.isVisible() and not self.isMinimized()
        self._timer.setInterval(round((FRAME if seen else _HIDDEN_FRAME) * 1e3))

    def closeEvent(self, event: QtGui.QCloseEvent | None) -> None:  # noqa: N802
        """Close the window; the host goes on, whatever it does."""
        self._timer.stop()
        self.steering.close()
        self.session.close()
        self._own_log.close()
        if event is not None:
            event.accept()


def _stacked(strip: QtWidgets.QWidget, bar: QtWidgets.QMenuBar) -> QtWidgets.QWidget:
    """Return the strip with the menus below it, so that no open menu covers the emergency stop."""
    both = QtWidgets.QWidget()
    column = QtWidgets.QVBoxLayout(both)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(0)
    column.addWidget(strip)
    column.addWidget(bar)
    return both
