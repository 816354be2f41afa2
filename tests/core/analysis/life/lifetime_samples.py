"""Lifetimes of known make for the tests: censored at random, at an end, or by looks."""

import numpy as np

from labcim.analysis.life import BOLTZMANN, Lifetimes

# 38 shock absorbers, km (O'Connor; Meeker and Escobar); F: failed.
SHOCK_ABSORBERS = (
    "6700F 6950 7820 8790 9120F 9660 9820 11310 11690 11850 11880 12140 12200F 12870 13150F 13330 "
    "13470 14040 14300F 17520F 17540 17890 18450 18960 18980 19410 20100F 20100 20150 20320 20900F "
    "22700F 23490 26510F 27410 27490F 27890 28100"
)


def shock_absorbers() -> Lifetimes:
    words = SHOCK_ABSORBERS.split()
    return Lifetimes.exact(
        [float(word.rstrip("F")) for word in words], [word.endswith("F") for word in words]
    )


def drawn(law, random, count, spread):
    """Return times whose logarithm has location 0 and scale ``spread``."""
    if law == "weibull":
        return random.weibull(1.0 / spread, count)
    return np.exp(spread * random.standard_normal(count))


def ended(time, end):
    return Lifetimes.exact(np.minimum(time, end), time <= end)


def baked(random, count, energy=1.2, spread=0.5, kelvins=(398.15, 423.15, 448.15), law="lognormal"):
    """Return times by temperature, the median at 423.15 K (weibull: the scale) being 1e5."""
    return {
        kelvin: 1e5
        * np.exp(energy / BOLTZMANN * (1.0 / kelvin - 1.0 / 423.15))
        * drawn(law, random, count, spread)
        for kelvin in kelvins
    }
