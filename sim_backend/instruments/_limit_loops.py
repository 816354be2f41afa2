"""How fast the current limits of source-meters take hold, by limit. See `chip.limit_loop`.

No data sheet says it in these words. What they do say is how long an output takes to settle to
0.1 %, which is 6.9 time constants of a loop of one pole; a loop that takes over is taken to need
one time constant. Small ranges are slower: their loops charge the same capacitances.
"""

from typing import Final

from ..chip.limit_loop import LimitLoop

_TO_A_THOUSANDTH: Final = 6.9  # time constants

KEITHLEY_2636B: Final = LimitLoop(
    # Settling of the current source, typical: < 80 us from 1 mA on, < 150 us at 100 uA, < 500 us
    # at 10 uA, < 2.5 ms at 1 uA, < 15 ms at 100 nA (2635B/2636B specifications) [R].
    tuple(
        (limit, seconds / _TO_A_THOUSANDTH)
        for limit, seconds in (
            (100e-9, 15e-3), (1e-6, 2.5e-3), (10e-6, 500e-6), (100e-6, 150e-6), (1e-3, 80e-6),
        )
    )
)  # fmt: skip
KEITHLEY_2450: Final = LimitLoop(
    # SPEC-2450 Rev. A, p. 4: < 200 us to 0.1 % on the 20 V range under 100 mA; it says nothing of
    # smaller limits: there those of the 2636B.
    (*((a, max(s, 200e-6 / _TO_A_THOUSANDTH)) for a, s in KEITHLEY_2636B.responses),)
)
KEITHLEY_2400: Final = LimitLoop(
    # 2400 Series specifications: 100 us typical to 0.1 %, resistive load, 10 uA to 100 mA [R];
    # below, those of the 2636B.
    (*KEITHLEY_2636B.responses[:2], (10e-6, 100e-6 / _TO_A_THOUSANDTH))
)
KEYSIGHT_B1500A: Final = LimitLoop(
    # The guide gives no settling of a limit; taken to be as the 2636B's [R].
    KEITHLEY_2636B.responses
)
