"""Telegraph noise of known make, drawn sample by sample."""

import numpy as np


def states(random, count, up, down):
    """Return 0 and 1 of a chain that moves up and down with these chances at each sample."""
    chance = random.random(count)
    state = int(chance[0] < up / (up + down))
    found = np.empty(count, np.int64)
    for t in range(count):
        if t and state == 0 and chance[t] < up:
            state = 1
        elif t and state == 1 and chance[t] < down:
            state = 0
        found[t] = state
    return found


def mean_dwells(up, down):
    """Return the mean dwell times (low, high) in samples of the continuous chain behind these."""
    rate = -np.log1p(-(up + down))  # of both together
    return (up + down) / (up * rate), (up + down) / (down * rate)


def pink(random, count, exponent=1.0):
    """Return noise of a power-law spectrum, by shaping twice as many tones as are kept."""
    tones = np.fft.rfftfreq(4 * count)
    tones[0] = tones[1]
    parts = random.standard_normal(tones.size) + 1j * random.standard_normal(tones.size)
    series = np.fft.irfft(parts * tones ** (-exponent / 2.0))[:count]
    return series / series.std()
