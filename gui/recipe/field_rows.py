"""The fields of a draft as rows of a form: name, value, and a way back to the default."""

from collections.abc import Mapping
from dataclasses import dataclass

from ..qt import QtCore, QtWidgets, Signal
from .field_widgets import FieldWidget, field_widget
from .form_draft import RecipeDraft
from .form_fields import FormField


@dataclass(frozen=True, slots=True)
class _Row:
    field: FormField
    label: QtWidgets.QLabel
    widget: FieldWidget
    reset: QtWidgets.QToolButton

    def set_visible(self, on: bool) -> None:
        for part in (self.label, self.widget, self.reset):
            part.setVisible(on)


class FieldRows(QtWidgets.QScrollArea):
    """All rows, in a scroll area. What a person does goes into the draft, then ``edited`` tells."""

    edited = Signal()

    def __init__(self, parent: QtWidgets.QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("recipe_fields")
        self.setAccessibleName("Values of the recipe")
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(QtCore.Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(QtCore.Qt.FocusPolicy.NoFocus)
        self._draft: RecipeDraft | None = None
        self._rows: dict[str, _Row] = {}
        self._wrong: frozenset[str] = frozenset()
        self._wanted = ""

    def set_draft(self, draft: RecipeDraft | None) -> None:
        """Draw the rows of a draft."""
        old = self.takeWidget()
        if old is not None:
            old.setParent(None)
            old.deleteLater()
        self._draft, self._rows, self._wrong = draft, {}, frozenset()
        page = QtWidgets.QWidget()
        grid = QtWidgets.QGridLayout(page)
        grid.setColumnStretch(1, 1)
        grid.setVerticalSpacing(3)
        if draft is not None:
            for at, field in enumerate(draft.fields):
                self._rows[field.name] = self._add(grid, at, field)
        grid.setRowStretch(len(self._rows), 1)
        self.setWidget(page)
        self.refresh_all()

    def _add(self, grid: QtWidgets.QGridLayout, at: int, field: FormField) -> _Row:
        words = field.label.replace("&", "&&")
        label = QtWidgets.QLabel(f"{words} ({field.unit})" if field.unit else words)
        label.setObjectName(f"label_{field.name}")
        widget = field_widget(field)
        label.setBuddy(widget.control)
        label.setMinimumHeight(widget.control.sizeHint().height())  # beside the first line
        reset = QtWidgets.QToolButton()
        reset.setText("↺")
        reset.setObjectName(f"reset_{field.name}")
        reset.setAccessibleName(f"Reset {field.label}")
        reset.setFocusPolicy(QtCore.Qt.FocusPolicy.StrongFocus)
        name = field.name
        widget.typed.connect(lambda text: self._typed(name, text))
        widget.chosen.connect(lambda value: self._chosen(name, value))
        widget.refused.connect(lambda text, reason: self._refused(name, text, reason))
        widget.left.connect(lambda: self.refresh(name))
        reset.clicked.connect(lambda: self._reset(name))
        top = QtCore.Qt.AlignmentFlag.AlignTop
        grid.addWidget(label, at, 0, top)
        grid.addWidget(widget, at, 1)
        grid.addWidget(reset, at, 2, top)
        return _Row(field, label, widget, reset)

    def _typed(self, name: str, text: str) -> None:
        if self._draft is not None:
            self._draft.type_text(name, text)
            self._told(name)

    def _chosen(self, name: str, value: object) -> None:
        if self._draft is not None:
            self._draft.put(name, value)
            self._told(name)

    def _refused(self, name: str, text: str, reason: str) -> None:
        if self._draft is not None:
            self._draft.refuse(name, text, reason)
            self._told(name)

    def _reset(self, name: str) -> None:
        if self._draft is not None:
            self._draft.reset(name)
            self.refresh(name)
            self._rows[name].widget.control.setFocus()
            self.edited.emit()

    def _told(self, name: str) -> None:
        self._mark(self._rows[name])
        self.edited.emit()

    def refresh(self, name: str) -> None:
        """Show what the draft holds; a text that is no value stays as it was typed."""
        draft, row = self._draft, self._rows.get(name)
        if draft is not None and row is not None:
            row.widget.show_value(draft.value(name), draft.text(name), draft.editable(name))
            self._mark(row)

    def refresh_all(self) -> None:
        """Show all that the draft holds."""
        for name in self._rows:
            self.refresh(name)

    def _mark(self, row: _Row) -> None:
        if self._draft is None:
            return
        changed = self._draft.changed(row.field.name)
        font = row.label.font()
        font.setBold(changed)
        row.label.setFont(font)
        row.label.setToolTip(self._tip(row, changed))
        row.reset.setEnabled(changed)
        row.reset.setToolTip(
            f"Back to {row.field.text(row.field.default) or 'nothing'}"
            if changed
            else "Has its default"
        )

    def _tip(self, row: _Row, changed: bool) -> str:
        return ("changed\n" if changed else "") + row.field.tooltip()

    def explain(self, fields: Mapping[str, str]) -> None:
        """Mark the fields that are refused, each with its reason, and no other."""
        for name, row in self._rows.items():
            row.widget.explain(fields.get(name, ""), self._state(name))
        self._wrong = frozenset(fields)
        self.show_only(self._wanted)

    def _state(self, name: str) -> str:
        """Return what is to be said of a value besides its meaning."""
        if self._draft is None:
            return ""
        said = ["changed"] if self._draft.changed(name) else []
        if not self._draft.editable(name):
            said.append("too large to be edited in one line: kept as it is; ↺ gives the default")
        return "\n".join(said)

    def show_only(self, words: str) -> None:
        """Show the rows that have these words in name or meaning, and those that are refused."""
        self._wanted = words
        wanted = words.lower().split()
        for name, row in self._rows.items():
            text = f"{name} {row.field.label} {row.field.doc}".lower()
            row.set_visible(name in self._wrong or all(word in text for word in wanted))

    def go_to(self, name: str) -> None:
        """Put the cursor into a field."""
        if name in self._rows:
            control = self._rows[name].widget.control
            self.ensureWidgetVisible(control)
            control.setFocus()
