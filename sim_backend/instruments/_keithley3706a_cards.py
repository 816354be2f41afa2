"""Cards for a 3706A. Source: data sheet of the Series 3700A, "Model 3730 specifications"."""

from typing import Final

from ._relays import RelayKind
from ._switch_cards import Card

_LATCHING: Final = RelayKind(
    settle=4e-3, bounce=1e-3, fresh=0.5, worn=2.0, life=1e8, hot_life=1e5, latching=True
)

KINDS: Final = {
    "3730": Card(
        "3730", "6x16 High Density Matrix", 6, 16, _LATCHING, 300.0, 2, (11, 12, 13, 14, 15, 16)
    ),
}
