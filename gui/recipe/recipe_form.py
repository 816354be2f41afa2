"""The recipe form: drawn from the recipe of whichever protocol is chosen."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from labcim.capabilities import CellIndices, Topology
from labcim.errors import RecipeError
from labcim.protocol import ProtocolSpec
from labcim.recipe import Recipe

from .. import theme
from ..allow import allow
from ..qt import QtCore, QtWidgets, Signal
from .field_rows import FieldRows
from .field_widgets import Combo
from .form_draft import RecipeDraft
from .form_texts import recipe_values

_NO_PREVIEW = "No preview yet: it says here what the recipe will do, and what it will take."


class RecipeForm(QtWidgets.QWidget):
    """Choose a protocol and its values. What was typed is kept when protocols are changed."""

    changed = Signal()
    run_wanted = Signal()
    cells_wanted = Signal()

    def __init__(self, parent: QtWidgets.QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("recipe_form")
        self.setAccessibleName("Recipe")
        self._protocols: dict[str, ProtocolSpec] = {}
        self._drafts: dict[str, RecipeDraft] = {}
        self._folder: Path | None = Path.cwd()  # as on the command line
        self._no_cells = ""
        self._offered = False
        self._build()
        self._show_protocol()

    def _build(self) -> None:
        self._protocol = Combo()
        self.setFocusProxy(self._protocol)
        _name(self._protocol, "protocol", "Protocol", "Which experiment to do")
        self._protocol.activated[int].connect(self._protocol_chosen)
        self._doc = _text("protocol_doc", "What the protocol does")
        self._filter = QtWidgets.QLineEdit()
        self._filter.setPlaceholderText("Find a value")
        _name(self._filter, "recipe_filter", "Find a value", "Show only values with these words")
        self._filter.setClearButtonEnabled(True)
        self._rows = FieldRows()
        self._filter.textChanged.connect(self._rows.show_only)
        self._rows.edited.connect(self._edited)
        self._trouble = _text("recipe_trouble", "What is wrong with the recipe")
        self._trouble.setStyleSheet(f"color: {theme.DANGER}")
        self._cells = QtWidgets.QPushButton("Use &picked cells")
        _name(self._cells, "use_cells", "Use picked cells", "")
        self._cells.clicked.connect(self.cells_wanted)
        self._reset = QtWidgets.QPushButton("&Defaults")
        _name(self._reset, "reset_all", "Defaults", "")
        self._reset.clicked.connect(self._reset_all)
        self._preview = QtWidgets.QPlainTextEdit()
        self._preview.setReadOnly(True)
        _name(self._preview, "recipe_preview", "Preview", "What the recipe will do")
        self._preview.setTabChangesFocus(True)
        self._preview.setPlaceholderText(_NO_PREVIEW)
        self._preview.setMaximumHeight(self._preview.fontMetrics().lineSpacing() * 7 + 12)
        self._preview_state = _text("preview_state", "State of the preview")
        go = QtWidgets.QShortcut("Ctrl+Return", self)
        go.setContext(QtCore.Qt.ShortcutContext.WidgetWithChildrenShortcut)
        go.activated.connect(self.run_wanted)
        self._lay_out()

    def _lay_out(self) -> None:
        top = QtWidgets.QFormLayout()
        label = QtWidgets.QLabel("Pro&tocol")
        label.setBuddy(self._protocol)
        top.addRow(label, self._protocol)
        buttons = QtWidgets.QHBoxLayout()
        buttons.addWidget(self._cells)
        buttons.addWidget(self._reset)
        buttons.addStretch()
        box = QtWidgets.QVBoxLayout(self)
        box.setContentsMargins(6, 6, 6, 6)
        box.addLayout(top)
        box.addWidget(self._doc)
        box.addWidget(self._filter)
        box.addWidget(self._rows, 1)
        box.addWidget(self._trouble)
        box.addLayout(buttons)
        box.addWidget(self._preview_state)
        box.addWidget(self._preview)

    def set_protocols(self, protocols: Mapping[str, ProtocolSpec]) -> None:
        """Offer these protocols, by name; the chosen one stays if it is still there."""
        chosen = self.protocol
        self._offered = True
        self._protocols = dict(protocols)
        self._drafts = {
            name: draft
            for name, draft in self._drafts.items()
            if name in protocols and draft.recipe_type is protocols[name].recipe
        }
        self._protocol.clear()
        for at, (name, spec) in enumerate(self._protocols.items()):
            self._protocol.addItem(name.replace("_", " "), name)
            self._protocol.setItemData(at, spec.doc, QtCore.Qt.ItemDataRole.ToolTipRole)
        if chosen in self._protocols:
            self._protocol.setCurrentIndex(list(self._protocols).index(chosen))
        self._show_protocol()
        self.changed.emit()

    @property
    def protocol(self) -> str:
        """Return the name of the chosen protocol, or an empty string."""
        return str(self._protocol.currentData() or "")

    @property
    def recipe_type(self) -> type[Recipe] | None:
        """Return the recipe class of the chosen protocol."""
        spec = self._protocols.get(self.protocol)
        return spec.recipe if spec else None

    def choose_protocol(self, name: str) -> None:
        """Choose a protocol. Raises RecipeError for one that is not offered."""
        self._spec(name)
        self._protocol.setCurrentIndex(list(self._protocols).index(name))
        self._show_protocol()
        self.changed.emit()

    def set_folder(self, folder: Path | None) -> None:
        """Take names of files that are typed from this folder."""
        self._folder = folder
        for draft in self._drafts.values():
            draft.folder = folder

    def recipe(self) -> Recipe:
        """Return the recipe. Raises RecipeError that names every wrong field, and marks them."""
        draft = self._draft
        if draft is None:
            raise RecipeError("no protocol is chosen")
        try:
            return draft.recipe()
        except RecipeError:
            troubles = draft.all_troubles()
            self._show_troubles(troubles.fields, troubles.whole)
            raise

    def go_to_trouble(self) -> None:
        """Put the cursor into the first wrong field, if there is one: for who wanted to start."""
        draft = self._draft
        if draft is not None:
            self._filter.clear()
            self._rows.go_to(next(iter(draft.all_troubles().fields), ""))

    def set_recipe(self, recipe: Recipe | str) -> None:
        """Show a recipe, or its TOML text. Raises RecipeError, and then nothing has changed."""
        if isinstance(recipe, str):
            values = recipe_values(recipe)
            spec = self._spec(str(values.get("protocol", "")))
            recipe = spec.recipe.from_mapping(values, folder=self._folder)
        spec = self._spec(recipe.protocol)
        if not isinstance(recipe, spec.recipe):
            raise RecipeError(f"recipe {spec.name}: is of another version of this protocol")
        draft = RecipeDraft(spec.recipe, self._folder)
        draft.set_recipe(recipe)
        self._drafts[spec.name] = draft
        self.choose_protocol(spec.name)

    def _spec(self, name: str) -> ProtocolSpec:
        if name not in self._protocols:
            known = ", ".join(self._protocols) or "none"
            raise RecipeError(f"protocol {name!r} is not known; known are {known}")
        return self._protocols[name]

    def use_cells(self, cells: CellIndices, topology: Topology) -> bool:
        """Set the recipe's cells. Returns False where it has none, or no cell was picked."""
        draft = self._draft
        if draft is None or not draft.use_cells(cells, topology):
            return False
        self._rows.refresh("cells")
        self._edited()
        return True

    def allow_cells(self, why_not: str) -> None:
        """Let picked cells be used, or say why not."""
        self._no_cells = why_not
        self._show_buttons()

    def set_preview(self, lines: Sequence[str]) -> None:
        """Show what the recipe will do; no lines: nothing is known."""
        self._preview.setPlainText("\n".join(lines))
        self._preview_state.setText("Preview" if lines else "")
        self._preview_state.setVisible(bool(lines))

    @property
    def _draft(self) -> RecipeDraft | None:
        name = self.protocol
        if name and name not in self._drafts:
            self._drafts[name] = RecipeDraft(self._protocols[name].recipe, self._folder)
        return self._drafts.get(name)

    def _protocol_chosen(self) -> None:
        self._show_protocol()
        self.changed.emit()

    def _show_protocol(self) -> None:
        spec = self._protocols.get(self.protocol)
        empty = "No protocol is known." if self._offered else "Looking for protocols …"
        self._doc.setText(" ".join(spec.doc.split("\n\n")[0].split()) if spec else empty)
        self._doc.setVisible(bool(self._doc.text()))
        self._filter.clear()
        self._rows.set_draft(self._draft)
        self.set_preview([])
        self._judge()

    def _edited(self) -> None:
        if self._preview.toPlainText():
            self._preview_state.setText("Preview of the recipe before the last change")
        self._judge()
        self.changed.emit()

    def _judge(self) -> None:
        draft = self._draft
        if draft is not None:
            troubles = draft.troubles()
            self._show_troubles(troubles.fields, troubles.whole)
        self._show_buttons()

    def _show_troubles(self, fields: Mapping[str, str], whole: Sequence[str]) -> None:
        self._rows.explain(fields)
        said = [f"✗ {reason}" for reason in whole]
        if fields and self._draft is not None:
            names = ", ".join(self._draft.field(name).label for name in fields)
            said.append(f"✗ refused: {names}")
        self._trouble.setText("\n".join(said))
        self._trouble.setVisible(bool(said))

    def _show_buttons(self) -> None:
        draft = self._draft
        why_not = self._no_cells
        if draft is None or "cells" not in draft:
            why_not = "This protocol does not choose cells"
        allow(self._cells, "Do it with the cells picked on the map", why_not)
        touched = draft is not None and any(draft.changed(each.name) for each in draft.fields)
        why_not = "" if touched else "Every value is the default"
        allow(self._reset, "Give every value its default", why_not)

    def _reset_all(self) -> None:
        draft = self._draft
        if draft is not None:
            for each in draft.fields:
                draft.reset(each.name)
            self._rows.refresh_all()
            self._edited()


def _name(widget: QtWidgets.QWidget, name: str, words: str, tip: str) -> None:
    widget.setObjectName(name)
    widget.setAccessibleName(words)
    widget.setToolTip(tip)


def _text(name: str, words: str) -> QtWidgets.QLabel:
    label = QtWidgets.QLabel()
    _name(label, name, words, "")
    label.setTextFormat(QtCore.Qt.TextFormat.PlainText)
    label.setTextInteractionFlags(QtCore.Qt.TextInteractionFlag.TextSelectableByMouse)
    label.setWordWrap(True)
    return label
