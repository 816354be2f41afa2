"""Cards for a 707B: 8 rows, A to H, and 12 columns, with dry reed relays.

Source: data sheets of the Models 7072 and 7174A: relay settling, contact life, path resistance.
"""

from typing import Final

from ._relays import RelayKind
from ._switch_cards import Card

_REED: Final = RelayKind(
    settle=15e-3, bounce=1e-3, fresh=0.5, worn=3.5, life=1e7, hot_life=1e5, latching=False
)
_LOW_CURRENT: Final = RelayKind(
    settle=2e-3, bounce=0.5e-3, fresh=0.5, worn=2.0, life=1e7, hot_life=1e5, latching=False
)

KINDS: Final = {
    "7072": Card("7072", "8x12 Semiconductor Matrix", 8, 12, _REED, 200.0, 2, letters=True),
    "7174A": Card("7174A", "8x12 Low Current Matrix", 8, 12, _LOW_CURRENT, 200.0, 1, letters=True),
}
