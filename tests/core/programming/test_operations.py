"""Operations by name: what their cells hold before and after, against their truth tables."""

import numpy as np
import pytest

from labcim.programming.logic.operations import operation


@pytest.mark.parametrize(
    ("name", "inputs", "table"),
    [
        ("not", 1, {"01": "01", "11": "10"}),
        ("nor", 2, {"001": "001", "011": "010", "101": "100", "111": "110"}),
        ("imply", 2, {"001": "011", "011": "011", "101": "101", "111": "111"}),
        ("nand", 2, {"0011": "0011", "0111": "0111", "1011": "1011", "1111": "1101"}),
    ],
)
def test_cells_before_and_after(name, inputs, table):
    what = operation(name, inputs)
    found = {_text(before): _text(what.after(before)) for before in what.inputs()}
    assert found == table


def _text(bits):
    return "".join(str(int(bit)) for bit in bits)


@pytest.mark.parametrize("bits", [1, 2])
def test_an_adder_keeps_its_operands_and_answers_where_it_says(bits):
    what = operation("adder", bits)
    for before in what.inputs():
        after = what.after(before)
        operands = before[: what.operands].astype(int)
        a, b = operands[0:-1:2] @ (1 << np.arange(bits)), operands[1:-1:2] @ (1 << np.arange(bits))
        answer = after[list(what.outputs)] @ (1 << np.arange(bits + 1))
        assert answer == a + b + operands[-1]
        assert np.array_equal(after[: what.operands], before[: what.operands])
    assert len(what.inputs()) == 2 ** (2 * bits + 1)
    assert what.inputs()[:, what.operands :].all()
