"""One small widget for each kind of recipe value. They know texts and choices, not recipes.

Nothing a person did not do is ever told: setting a value from the program emits no signal, and the
wheel scrolls the form instead of changing a voltage on the way.
"""

from typing import Any

from .. import theme
from ..qt import QtCore, QtGui, QtWidgets, Signal
from .form_fields import MISSING, FormField, choice_text
from .form_texts import LARGEST_TEXT, integer_value

_TOO_LONG = f"longer than {LARGEST_TEXT:,} characters: put it into a recipe file and open that"


class FieldWidget(QtWidgets.QWidget):
    """A control with room for the reason why its value is refused."""

    typed = Signal(str)
    chosen = Signal(object)
    refused = Signal(str, str)  # text, reason
    left = Signal()

    def __init__(self, field: FormField, control: QtWidgets.QWidget) -> None:
        super().__init__()
        self.field = field
        self.control = control
        control.setObjectName(f"recipe_{field.name}")
        control.setAccessibleName(f"{field.label}, in {field.unit}" if field.unit else field.label)
        self.reason = QtWidgets.QLabel()
        self.reason.setObjectName(f"reason_{field.name}")
        self.reason.setTextFormat(QtCore.Qt.TextFormat.PlainText)
        self.reason.setWordWrap(True)
        self.reason.setStyleSheet(f"color: {theme.DANGER}")
        self.reason.hide()
        box = QtWidgets.QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(1)
        box.addWidget(control)
        box.addWidget(self.reason)
        box.addStretch(1)
        self.setFocusProxy(control)
        self.explain("")

    def show_value(self, value: Any, text: str, editable: bool) -> None:
        """Show a value, or the text that stands for it."""

    def explain(self, reason: str, extra: str = "") -> None:
        """Mark the value as refused for a reason, or as good where there is none."""
        self.reason.setText(f"✗ {reason}")
        self.reason.setVisible(bool(reason))
        tip = "\n".join(part for part in (extra, self.field.tooltip()) if part)
        self.control.setToolTip(tip)
        self.control.setAccessibleDescription(f"refused: {reason}\n{tip}" if reason else tip)

    def watch_line(self, line: QtWidgets.QLineEdit) -> None:
        """Tell what is typed into a line edit."""
        line.setMaxLength(LARGEST_TEXT + 1)  # one more tells that something was cut off
        line.setPlaceholderText(_placeholder(self.field))
        line.textEdited.connect(self._line_edited)
        line.editingFinished.connect(self.left)

    def _line_edited(self, text: str) -> None:
        if len(text) > LARGEST_TEXT:
            self.refused.emit(text, _TOO_LONG)
        else:
            self.typed.emit(text)


def _placeholder(field: FormField) -> str:
    if field.optional:
        return "nothing"
    if field.default is MISSING and not field.required:
        return "follows from the others"
    return field.unit


class TextWidget(FieldWidget):
    """Quantities, numbers, words, and TOML values in one line."""

    def __init__(self, field: FormField) -> None:
        self._line = QtWidgets.QLineEdit()
        super().__init__(field, self._line)
        self.watch_line(self._line)

    def show_value(self, value: Any, text: str, editable: bool) -> None:
        """Show the text; a value too large for one line is shown in short and kept as it is."""
        self._line.setReadOnly(not editable)
        if self._line.text() != text:
            self._line.setText(text)
            self._line.setCursorPosition(0)


class SuggestionWidget(FieldWidget):
    """Text for which the recipe knows examples."""

    def __init__(self, field: FormField) -> None:
        self._combo = Combo()
        self._line = QtWidgets.QLineEdit()
        self._combo.setLineEdit(self._line)
        self._combo.setCompleter(None)  # it would show more than was typed
        self._combo.setInsertPolicy(QtWidgets.QComboBox.InsertPolicy.NoInsert)
        self._combo.addItems(field.suggestions)
        self._combo.setMinimumContentsLength(8)
        super().__init__(field, self._combo)
        self.watch_line(self._line)
        self._line.setAccessibleName(field.label)
        self._combo.activated[str].connect(self.typed)

    def show_value(self, value: Any, text: str, editable: bool) -> None:
        """Show the text."""
        self._line.setReadOnly(not editable)
        if self._line.text() != text:
            self._line.setText(text)
            self._line.setCursorPosition(0)


class IntegerWidget(FieldWidget):
    """A whole number with steps up and down."""

    def __init__(self, field: FormField) -> None:
        self._box = _IntegerBox(field)
        super().__init__(field, self._box)
        self.watch_line(self._box.line)
        self._box.stepped.connect(self.typed)

    def show_value(self, value: Any, text: str, editable: bool) -> None:
        """Show the number."""
        if self._box.line.text() != text:
            self._box.line.setText(text)


class SwitchWidget(FieldWidget):
    """Yes or no."""

    def __init__(self, field: FormField) -> None:
        self._check = QtWidgets.QCheckBox("yes")
        super().__init__(field, self._check)
        self._check.clicked.connect(self._told)

    def _told(self, on: bool) -> None:
        self._check.setText(choice_text(on))
        self.chosen.emit(on)

    def show_value(self, value: Any, text: str, editable: bool) -> None:
        """Show whether it is on."""
        self._check.setChecked(bool(value))
        self._check.setText(choice_text(bool(value)))


class ChoiceWidget(FieldWidget):
    """One of a few."""

    def __init__(self, field: FormField) -> None:
        self._combo = Combo()
        self._combo.addItems([choice_text(choice) for choice in field.choices])
        self._combo.setSizeAdjustPolicy(
            QtWidgets.QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        self._combo.setMinimumContentsLength(8)
        super().__init__(field, self._combo)
        self._combo.activated[int].connect(lambda at: self.chosen.emit(field.choices[at]))

    def show_value(self, value: Any, text: str, editable: bool) -> None:
        """Show the choice, or none where none was made yet."""
        choices = self.field.choices
        same = [i for i, c in enumerate(choices) if type(c) is type(value) and c == value]
        self._combo.setCurrentIndex(same[0] if same else -1)


def field_widget(field: FormField) -> FieldWidget:
    """Return the widget for a field."""
    match field.kind:
        case "integer":
            return IntegerWidget(field)
        case "switch":
            return SwitchWidget(field)
        case "choice":
            return ChoiceWidget(field)
    if field.suggestions and field.kind in ("text", "toml"):
        return SuggestionWidget(field)
    return TextWidget(field)


class Combo(QtWidgets.QComboBox):
    """A combo box that leaves the wheel to the form."""

    def __init__(self) -> None:
        super().__init__()
        self.setFocusPolicy(QtCore.Qt.FocusPolicy.StrongFocus)

    def wheelEvent(self, event: QtGui.QWheelEvent | None) -> None:  # noqa: N802
        """Leave the wheel to the form."""
        if event is not None:
            event.ignore()


class _IntegerBox(QtWidgets.QAbstractSpinBox):
    """A spin box for whole numbers of any size, in which a wrong text may stand."""

    stepped = Signal(str)

    def __init__(self, field: FormField) -> None:
        super().__init__()
        self._field = field
        self.line = QtWidgets.QLineEdit()
        self.setLineEdit(self.line)
        self.setFocusPolicy(QtCore.Qt.FocusPolicy.StrongFocus)

    def validate(self, text: str | None, at: int) -> tuple[QtGui.QValidator.State, str, int]:
        """Let every text stand: what is wrong with it is told beside it."""
        return QtGui.QValidator.State.Acceptable, text or "", at

    def stepBy(self, steps: int) -> None:  # noqa: N802
        """Step within the bounds; a text that is no number stays."""
        number = self._number()
        if number is None:
            return
        number += steps
        if self._field.most is not None:
            number = min(number, self._field.most)
        if self._field.least is not None:
            number = max(number, self._field.least)
        text = self._field.text(number)
        self.line.setText(text)
        self.stepped.emit(text)

    def stepEnabled(self) -> QtWidgets.QAbstractSpinBox.StepEnabled:  # noqa: N802
        """Return in which directions there is room."""
        flag = QtWidgets.QAbstractSpinBox.StepEnabledFlag
        found = QtWidgets.QAbstractSpinBox.StepEnabled(flag.StepNone)
        number = self._number()
        if number is not None and (self._field.most is None or number < self._field.most):
            found |= flag.StepUpEnabled
        if number is not None and (self._field.least is None or number > self._field.least):
            found |= flag.StepDownEnabled
        return found

    def _number(self) -> int | None:
        try:
            return integer_value(self.line.text(), self._field.unit)
        except ValueError:
            return None

    def wheelEvent(self, event: QtGui.QWheelEvent | None) -> None:  # noqa: N802
        """Leave the wheel to the form."""
        if event is not None:
            event.ignore()
