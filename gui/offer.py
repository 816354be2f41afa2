"""What stands in the middle while no bench is held: what can be opened."""

from collections.abc import Sequence

from .qt import QtCore, QtWidgets, Signal


class Offer(QtWidgets.QWidget):
    """Offers a simulated bench, a bench file, and the hosts that run."""

    simulated_wanted = Signal()
    file_wanted = Signal()
    host_wanted = Signal(int)
    """The place of a host among those that were shown."""

    def __init__(self, simulated: str) -> None:
        super().__init__()
        self.setObjectName("offer")
        self._title = QtWidgets.QLabel("No bench is held")
        self._title.setObjectName("offer_title")
        self._title.setStyleSheet("font-size: 20px; font-weight: bold;")
        self._text = QtWidgets.QLabel()
        self._text.setObjectName("offer_text")
        self._text.setWordWrap(True)
        self.simulated = self._button(
            "offer_simulated",
            "Start a simulated bench",
            f"A 64 x 64 chip in the folder {simulated}; it stays there, and is taken up again.",
        )
        self.file = self._button(
            "offer_file",
            "Open a bench file…",
            "A TOML file that names instruments and chip (Ctrl+O)",
        )
        self._hosts = QtWidgets.QVBoxLayout()
        self._place()
        self.simulated.clicked.connect(self.simulated_wanted)
        self.file.clicked.connect(self.file_wanted)
        self.show_hosts([])

    def say(self, title: str, text: str, *, busy: bool) -> None:
        """Say what is going on; while busy nothing can be chosen."""
        if title != self._title.text():
            self._title.setText(title)
        if text != self._text.text():
            self._text.setText(text)
        for button in self.findChildren(QtWidgets.QPushButton):
            button.setEnabled(not busy)

    def show_hosts(self, names: Sequence[str]) -> None:
        """Offer hosts that run already."""
        while (item := self._hosts.takeAt(0)) is not None:
            if (old := item.widget()) is not None:
                old.deleteLater()
        for place, name in enumerate(names):
            button = self._button(f"offer_host_{place}", f"Join {name}", "Watch and steer it")
            button.clicked.connect(lambda checked=False, at=place: self.host_wanted.emit(at))
            self._hosts.addWidget(button)

    def _button(self, name: str, text: str, tip: str) -> QtWidgets.QPushButton:
        button = QtWidgets.QPushButton(text)
        button.setObjectName(name)
        button.setAccessibleName(text)
        button.setToolTip(tip)
        button.setMinimumSize(320, 40)
        return button

    def _place(self) -> None:
        column = QtWidgets.QVBoxLayout()
        for widget in (self._title, self._text, self.simulated, self.file):
            column.addWidget(widget)
        column.addLayout(self._hosts)
        column.setSpacing(12)
        across = QtWidgets.QHBoxLayout(self)
        across.addStretch(1)
        across.addLayout(column)
        across.addStretch(1)
        column.setAlignment(QtCore.Qt.AlignmentFlag.AlignVCenter)
