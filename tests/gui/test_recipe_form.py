"""The form is filled in with keys and clicks, and gives the recipe that stands in it."""

from pathlib import Path
from time import perf_counter
from typing import Any, ClassVar, Literal

import numpy as np
import pytest
from pydantic import Field

from labcim import plugins
from labcim.capabilities import Topology
from labcim.errors import RecipeError
from labcim.gui.qt import QtCore, QtGui, QtWidgets
from labcim.gui.recipe.recipe_form import RecipeForm
from labcim.protocol import protocol
from labcim.recipe import Recipe
from labcim.units import Volt

KEY = QtCore.Qt.Key
LEFT = QtCore.Qt.MouseButton.LeftButton
PROTOCOLS = {name: plugins.protocol(name) for name in plugins.protocol_names()}


class Foreign(Recipe):
    """A recipe that nobody has seen before.

    With a second paragraph.
    """

    protocol: ClassVar[str] = "foreign"

    label: str
    careful: bool
    picture: str = Field("moon", examples=["sun", "moon"])
    speed: Literal["slow", "fast"] | None = None
    bias: Volt = 0.1


@protocol(Foreign, channels=())
def foreign(recipe, given, unit, carry):
    yield from ()


@pytest.fixture
def form(qtbot):
    made = RecipeForm()
    qtbot.addWidget(made)
    made.set_protocols({**PROTOCOLS, "foreign": foreign})
    made.choose_protocol("write_verify")
    made.resize(420, 700)
    made.show()
    made.activateWindow()
    return made


def control(form: RecipeForm, name: str) -> Any:
    return form.findChild(QtWidgets.QWidget, f"recipe_{name}")


def button(form: RecipeForm, name: str) -> QtWidgets.QAbstractButton:
    return form.findChild(QtWidgets.QAbstractButton, name)


def reason(form: RecipeForm, name: str) -> str:
    label = form.findChild(QtWidgets.QLabel, f"reason_{name}")
    return label.text() if label.isVisible() else ""


def trouble(form: RecipeForm) -> str:
    label = form.findChild(QtWidgets.QLabel, "recipe_trouble")
    return label.text() if label.isVisible() else ""


def type_into(qtbot, form: RecipeForm, name: str, text: str) -> None:
    widget = control(form, name)
    widget.setFocus()
    qtbot.keyClick(widget, KEY.Key_A, QtCore.Qt.KeyboardModifier.ControlModifier)
    qtbot.keyClick(widget, KEY.Key_Delete)
    qtbot.keyClicks(widget, text)


def test_a_quantity_may_be_typed_with_its_unit_and_is_tidied_when_left(qtbot, form):
    type_into(qtbot, form, "cap", "2500 mV")
    assert form.recipe().cap == 2.5
    assert control(form, "cap").text() == "2500 mV"
    qtbot.keyClick(control(form, "cap"), KEY.Key_Tab)
    assert control(form, "cap").text() == "2.5 V"
    assert form.recipe().cap == 2.5


def test_a_wrong_text_is_marked_with_the_reason_at_once(qtbot, form):
    type_into(qtbot, form, "cap", "3 A")
    assert "expected V" in reason(form, "cap")
    assert "refused" in control(form, "cap").accessibleDescription()
    type_into(qtbot, form, "cap", "3 V")
    assert reason(form, "cap") == ""


def test_a_wrong_text_stays_for_mending_when_it_is_left(qtbot, form):
    type_into(qtbot, form, "cap", "3 A")
    qtbot.keyClick(control(form, "cap"), KEY.Key_Tab)
    assert control(form, "cap").text() == "3 A"
    assert "expected V" in reason(form, "cap")


def test_a_wrong_recipe_is_refused_with_every_wrong_value_named(qtbot, form):
    type_into(qtbot, form, "cap", "12 V")
    type_into(qtbot, form, "averages", "many")
    with pytest.raises(RecipeError, match=r"cap: .*averages: "):
        form.recipe()
    assert "Averages" in trouble(form)


def test_asking_for_the_recipe_moves_nobody_and_going_to_the_trouble_does(qtbot, form):
    type_into(qtbot, form, "cap", "12 V")
    type_into(qtbot, form, "averages", "many")
    with pytest.raises(RecipeError):
        form.recipe()
    assert control(form, "averages").hasFocus()
    form.go_to_trouble()
    assert control(form, "cap").hasFocus()


def test_what_only_the_whole_gets_wrong_is_said_below_the_values(qtbot, form):
    type_into(qtbot, form, "set_start", "5 V")
    assert "set_start = 5 V is above cap" in trouble(form)
    type_into(qtbot, form, "cap", "6 V")
    assert trouble(form) == ""
    assert form.recipe().set_start == 5.0


def test_every_kind_of_value_can_be_set_with_keys_alone(qtbot, form):
    form.choose_protocol("foreign")
    type_into(qtbot, form, "label", "x")
    for name, key in (("careful", KEY.Key_Down), ("speed", KEY.Key_Down)):
        control(form, name).setFocus()
        qtbot.keyClick(control(form, name), key)
    type_into(qtbot, form, "picture", "stars.png")
    made = form.recipe()
    assert (made.label, made.careful, made.speed) == ("x", True, "slow")
    assert made.picture == "stars.png"


def test_a_check_box_sets_a_switch(qtbot, form):
    form.choose_protocol("contact_check")
    control(form, "use_lines").setFocus()
    qtbot.keyClick(control(form, "use_lines"), KEY.Key_Space)
    assert form.recipe().use_lines is False
    assert control(form, "use_lines").text() == "no"


def test_a_whole_number_is_stepped_within_its_bounds(qtbot, form):
    box = control(form, "confirmations")
    box.setFocus()
    qtbot.keyClick(box, KEY.Key_Up)
    assert form.recipe().confirmations == 3
    for _ in range(5):
        qtbot.keyClick(box, KEY.Key_Down)
    assert form.recipe().confirmations == 1


def test_known_pictures_are_offered_and_a_file_may_be_named(qtbot, form, tmp_path):
    form.choose_protocol("program_image")
    box = control(form, "image")
    offered = [box.itemText(at) for at in range(box.count())]
    assert {"face", "gradient", "rings"} <= set(offered)
    type_into(qtbot, form, "image", "cat.png")
    assert form.recipe().image == str(Path.cwd() / "cat.png")
    form.set_folder(tmp_path)
    assert form.recipe().image == str(tmp_path / "cat.png")


def test_what_is_shown_of_a_picture_is_what_was_typed(qtbot, form):
    form.choose_protocol("program_image")
    type_into(qtbot, form, "image", "fa")
    assert control(form, "image").currentText() == "fa"


def test_the_wheel_changes_no_value(qtbot, form):
    before = form.recipe()
    for name in ("algorithm", "averages", "targets"):
        widget = control(form, name)
        widget.setFocus()
        middle = QtCore.QPointF(widget.rect().center())
        event = QtGui.QWheelEvent(
            middle,
            widget.mapToGlobal(middle.toPoint()),
            QtCore.QPoint(0, -120),
            QtCore.QPoint(0, -120),
            QtCore.Qt.MouseButton.NoButton,
            QtCore.Qt.KeyboardModifier.NoModifier,
            QtCore.Qt.ScrollPhase.NoScrollPhase,
            False,
        )
        QtWidgets.QApplication.sendEvent(widget, event)
    assert form.recipe() == before


def test_a_changed_value_is_marked_and_can_be_taken_back(qtbot, form):
    label = form.findChild(QtWidgets.QLabel, "label_cap")
    assert not label.font().bold()
    assert not button(form, "reset_cap").isEnabled()
    type_into(qtbot, form, "cap", "3 V")
    assert label.font().bold()
    assert "changed" in control(form, "cap").toolTip()
    qtbot.mouseClick(button(form, "reset_cap"), LEFT)
    assert control(form, "cap").text() == "3.3 V"
    assert not label.font().bold()
    assert form.recipe() == PROTOCOLS["write_verify"].recipe()


def test_defaults_takes_everything_back(qtbot, form):
    type_into(qtbot, form, "cap", "3 A")
    type_into(qtbot, form, "averages", "9")
    qtbot.mouseClick(button(form, "reset_all"), LEFT)
    assert form.recipe() == PROTOCOLS["write_verify"].recipe()
    assert control(form, "cap").text() == "3.3 V"
    assert not button(form, "reset_all").isEnabled()


@pytest.mark.parametrize("name", PROTOCOLS)
def test_a_recipe_that_is_set_comes_back_as_it_was(form, name):
    kind = PROTOCOLS[name].recipe
    known = [field for field in ("read_voltage", "dwell") if field in kind.model_fields]
    recipe = kind(**{field: 1.2345678901234e-6 for field in known[:1]})
    form.set_recipe(recipe)
    assert form.protocol == name
    assert form.recipe() == recipe
    form.set_recipe(recipe.to_toml())
    assert form.recipe() == recipe


def test_a_recipe_with_an_error_is_refused_and_the_form_stays_as_it_is(form):
    before = form.recipe()
    with pytest.raises(RecipeError, match="cap"):
        form.set_recipe('protocol = "program_image"\ncap = "12 V"\n')
    with pytest.raises(RecipeError, match=r"known are .*write_verify"):
        form.set_recipe('protocol = "dance"\n')
    with pytest.raises(RecipeError, match="recipe: "):
        form.set_recipe("protocol = ")
    assert form.recipe() == before


def test_what_was_typed_is_kept_while_another_protocol_is_looked_at(qtbot, form):
    type_into(qtbot, form, "cap", "3 V")
    form.choose_protocol("read_map")
    form.choose_protocol("write_verify")
    assert form.recipe().cap == 3.0
    assert control(form, "cap").text() == "3 V"


def test_a_protocol_is_chosen_with_keys_and_its_purpose_is_told(qtbot, form):
    box = form.findChild(QtWidgets.QComboBox, "protocol")
    box.setFocus()
    qtbot.keyClicks(box, "fore")
    assert form.protocol == "foreign"
    doc = form.findChild(QtWidgets.QLabel, "protocol_doc").text()
    assert doc == "A recipe that nobody has seen before."


def test_picked_cells_become_the_cells_of_the_recipe(qtbot, form):
    with qtbot.waitSignal(form.cells_wanted):
        qtbot.mouseClick(button(form, "use_cells"), LEFT)
    assert form.use_cells(np.array([5, 6, 9, 10], np.uint32), Topology(3, 4))
    assert form.recipe().cells == "1:3, 1:3"
    assert control(form, "cells").text() == "1:3, 1:3"


def test_picked_cells_are_offered_only_where_they_can_be_used(form):
    assert not form.use_cells(np.array([], np.uint32), Topology(3, 4))
    form.allow_cells("No cell is picked on the map")
    assert not button(form, "use_cells").isEnabled()
    assert "No cell is picked" in button(form, "use_cells").toolTip()
    form.allow_cells("")
    assert button(form, "use_cells").isEnabled()
    form.choose_protocol("contact_check")
    assert not button(form, "use_cells").isEnabled()
    assert "does not choose cells" in button(form, "use_cells").toolTip()


def test_every_change_is_told_once_and_setting_a_value_is_no_typing(qtbot, form):
    told = []
    form.changed.connect(lambda: told.append(form.protocol))
    type_into(qtbot, form, "cap", "")
    told.clear()
    qtbot.keyClicks(control(form, "cap"), "3")
    assert len(told) == 1
    form.set_recipe(PROTOCOLS["read_map"].recipe())
    assert told == ["write_verify", "read_map"]


def test_the_preview_says_when_it_is_of_an_older_recipe(qtbot, form):
    form.set_preview(["1024 cells", "about 40 s"])
    state = form.findChild(QtWidgets.QLabel, "preview_state")
    assert "before" not in state.text()
    type_into(qtbot, form, "cap", "3 V")
    assert "before the last change" in state.text()
    form.set_preview(["1024 cells", "about 50 s"])
    assert "before" not in state.text()


def test_values_are_found_by_words_and_wrong_ones_stay_in_sight(qtbot, form):
    type_into(qtbot, form, "averages", "many")
    qtbot.keyClicks(form.findChild(QtWidgets.QLineEdit, "recipe_filter"), "gate")
    shown = {name for name in ("set_gate", "cap", "averages") if control(form, name).isVisible()}
    assert shown == {"set_gate", "averages"}


def test_a_whole_picture_neither_freezes_the_form_nor_is_lost(qtbot, form):
    values = tuple(np.linspace(1e-6, 9e-6, 256 * 256).tolist())
    recipe = PROTOCOLS["write_verify"].recipe(targets="list", values=values)
    began = perf_counter()
    form.set_recipe(recipe)
    type_into(qtbot, form, "cap", "3 V")
    assert perf_counter() - began < 2.0
    assert control(form, "values").isReadOnly()
    assert control(form, "values").text() == "65,536 values"
    made = form.recipe()
    assert made.values == values
    assert made.cap == 3.0


def test_a_text_too_long_for_a_line_is_refused_and_not_cut_silently(qtbot, form):
    QtWidgets.QApplication.clipboard().setText("[" + "[0, 1], " * 3000 + "]")
    control(form, "cells").selectAll()
    control(form, "cells").paste()
    assert "longer than" in reason(form, "cells")
    with pytest.raises(RecipeError, match="longer than"):
        form.recipe()


def test_control_return_asks_for_a_run(qtbot, form):
    control(form, "cap").setFocus()
    qtbot.waitUntil(control(form, "cap").hasFocus)
    with qtbot.waitSignal(form.run_wanted):
        qtbot.keyClick(
            control(form, "cap"), KEY.Key_Return, QtCore.Qt.KeyboardModifier.ControlModifier
        )


@pytest.mark.parametrize("name", [*PROTOCOLS, "foreign"])
def test_every_control_has_a_name_for_those_who_cannot_see_it(form, name):
    form.choose_protocol(name)
    kinds = (
        QtWidgets.QLineEdit,
        QtWidgets.QComboBox,
        QtWidgets.QAbstractSpinBox,
        QtWidgets.QAbstractButton,
        QtWidgets.QPlainTextEdit,
    )
    controls = [w for w in form.findChildren(QtWidgets.QWidget) if isinstance(w, kinds)]
    own = [w for w in controls if not w.objectName().startswith("qt_") and w.objectName()]
    assert len(own) >= 2 * len(form.recipe_type.model_fields)
    assert [w.objectName() for w in own if not w.accessibleName() or not w.toolTip()] == []


def test_a_form_without_protocols_says_so(qtbot):
    empty = RecipeForm()
    qtbot.addWidget(empty)
    doc = empty.findChild(QtWidgets.QLabel, "protocol_doc")
    assert "Looking for protocols" in doc.text()
    empty.set_protocols({})
    assert "No protocol is known" in doc.text()
    with pytest.raises(RecipeError, match="no protocol"):
        empty.recipe()
