"""The predictors of SP 800-90B, 6.3, to the letter: slow, with dictionaries and lists."""

import itertools
import math
from collections import Counter

Z = 2.5758293035489008


def bound(p: float, n: int) -> float:
    return min(1.0, p + Z * math.sqrt(p * (1 - p) / (n - 1)))


def from_guesses(correct: list[bool], alphabet: int) -> float:
    n, c = len(correct), sum(correct)
    p_global = 1 - 0.01 ** (1 / n) if c == 0 else bound(c / n, n)
    longest = run = 0
    for right in correct:
        run = run + 1 if right else 0
        longest = max(longest, run)
    r = longest + 1

    def quiet(p: float) -> float:
        q, x = 1 - p, 1.0
        for _ in range(200):
            x = 1 + q * p**r * x ** (r + 1)
        if p * x >= 1:
            return 0.0
        return (1 - p * x) / ((r + 1 - r * x) * q) * x ** -(n + 1)

    low, high = 1e-9, 1 - 1e-12
    for _ in range(200):
        middle = (low + high) / 2
        low, high = (middle, high) if quiet(middle) > 0.99 else (low, middle)
    return -math.log2(max(p_global, low, 1 / alphabet))


def window(s: list[int], k: int) -> float:
    w = [63, 255, 1023, 4095]
    score, winner, correct = [0] * 4, 0, []
    for i in range(w[0], len(s)):
        guess = []
        for size in w:
            if i < size:
                guess.append(None)
                continue
            part = s[i - size : i]
            counts = Counter(part)
            top = max(counts.values())
            tied = [v for v, c in counts.items() if c == top]
            guess.append(max(tied, key=lambda v, part=part: size_of_last(part, v)))
        correct.append(guess[winner] == s[i])
        for j in range(4):
            if guess[j] == s[i]:
                score[j] += 1
                if score[j] >= score[winner]:
                    winner = j
    return from_guesses(correct, k)


def size_of_last(part: list[int], value: int) -> int:
    return max(i for i, v in enumerate(part) if v == value)


def lag(s: list[int], k: int) -> float:
    score, winner, correct = [0] * 129, 1, []
    for i in range(1, len(s)):
        guess = [None] + [s[i - d] if d <= i else None for d in range(1, 129)]
        correct.append(guess[winner] == s[i])
        for d in range(1, 129):
            if guess[d] == s[i]:
                score[d] += 1
                if score[d] >= score[winner]:
                    winner = d
    return from_guesses(correct, k)


def best_of(counts: dict[int, int]) -> int:
    return max(counts, key=lambda y: (counts[y], y))


def multi_mmc(s: list[int], k: int, most: int = 100_000) -> float:
    models: list[dict] = [{} for _ in range(17)]
    entries = [0] * 17
    score, winner, correct = [0] * 17, 1, []
    for i in range(2, len(s)):
        for d in range(1, 17):
            if d > i - 1:
                continue
            x, y = tuple(s[i - d - 1 : i - 1]), s[i - 1]
            if y in models[d].get(x, {}):
                models[d][x][y] += 1
            elif entries[d] < most:
                models[d].setdefault(x, {})[y] = 1
                entries[d] += 1
        guess = [None] * 17
        for d in range(1, 17):
            x = tuple(s[i - d : i]) if d <= i else None
            if x in models[d]:
                guess[d] = best_of(models[d][x])
        correct.append(guess[winner] == s[i])
        for d in range(1, 17):
            if guess[d] == s[i]:
                score[d] += 1
                if score[d] >= score[winner]:
                    winner = d
    return from_guesses(correct, k)


def lz78y(s: list[int], k: int, most: int = 65_536) -> float:
    b, entries, size, correct = 16, {}, 0, []
    for i in range(b + 1, len(s)):
        for j in range(b, 0, -1):
            x, y = tuple(s[i - j - 1 : i - 1]), s[i - 1]
            if x not in entries and size < most:
                entries[x] = {}
                size += 1
            if x in entries:
                entries[x][y] = entries[x].get(y, 0) + 1
        guess, top = None, 0
        for j in range(b, 0, -1):
            x = tuple(s[i - j : i])
            if x in entries:
                y = best_of(entries[x])
                if entries[x][y] > top:
                    guess, top = y, entries[x][y]
        correct.append(guess == s[i])
    return from_guesses(correct, k)


def repeats(s: list[int]) -> tuple[float, float]:
    """Return the t-tuple and the longest-repeat estimate, by counting all tuples."""
    n, often, rest = len(s), [], []
    for length in range(1, n):
        counts = Counter(tuple(s[i : i + length]) for i in range(n - length + 1))
        top = max(counts.values())
        if top == 1:
            break
        if top >= 35:
            often.append((top / (n - length + 1)) ** (1 / length))
        else:
            pairs = sum(c * (c - 1) // 2 for c in counts.values())
            rest.append((pairs / math.comb(n - length + 1, 2)) ** (1 / length))
    return tuple(-math.log2(bound(max(p), n)) if p else math.nan for p in (often, rest))


def collision(s: list[int]) -> float:
    waits, i = [], 0
    while True:
        seen: set[int] = set()
        j = i
        while j < len(s) and s[j] not in seen:
            seen.add(s[j])
            j += 1
        if j >= len(s):
            break
        waits.append(j - i + 1)
        i = j + 1
    mean = sum(waits) / len(waits)
    sd = math.sqrt(sum((w - mean) ** 2 for w in waits) / (len(waits) - 1))
    low_mean = mean - Z * sd / math.sqrt(len(waits))

    def expected(p: float) -> float:
        q = 1 - p
        # F(1/z) = Gamma(3, z) z**-3 e**z, with Gamma(3, z) = (z**2 + 2 z + 2) e**-z
        z = 1 / q
        f = (z * z + 2 * z + 2) / z**3
        return p / q**2 * (1 + 0.5 * (1 / p - 1 / q)) * f - p / q * 0.5 * (1 / p - 1 / q)

    low, high = 0.5, 1 - 1e-12
    if expected(low) <= low_mean:
        return 1.0
    for _ in range(200):
        middle = (low + high) / 2
        low, high = (middle, high) if expected(middle) > low_mean else (low, middle)
    return -math.log2(low)


def compression(s: list[int]) -> float:
    b, d = 6, 1000
    words = [int("".join(map(str, s[i * b : (i + 1) * b])), 2) for i in range(len(s) // b)]
    last, logs = {}, []
    for i, word in enumerate(words, 1):
        if i > d:
            logs.append(math.log2(i - last.get(word, 0)))
        last[word] = i
    v, count = len(logs), len(words)
    mean = sum(logs) / v
    sd = 0.5907 * math.sqrt(sum(x * x for x in logs) / (v - 1) - mean * mean)
    low_mean = mean - Z * sd / math.sqrt(v)

    def g(z: float) -> float:
        total, before = 0.0, 0.0
        for t in range(1, count + 1):
            if t > d:
                total += before + math.log2(t) * z * (1 - z) ** (t - 1)
            before += math.log2(t) * z * z * (1 - z) ** (t - 1)
        return total / v

    low, high = 1 / 64, 1.0
    if g(low) * 64 <= low_mean:
        return 1.0
    for _ in range(40):
        p = (low + high) / 2
        low, high = (p, high) if g(p) + 63 * g((1 - p) / 63) > low_mean else (low, p)
    return -math.log2(low) / 6


def markov(s: list[int]) -> float:
    n = len(s)
    p = [s.count(0) / n, s.count(1) / n]
    step = [[0.0, 0.0], [0.0, 0.0]]
    for a in (0, 1):
        after = [s[i + 1] for i in range(n - 1) if s[i] == a]
        for b in (0, 1):
            step[a][b] = after.count(b) / len(after) if after else 0.0
    chains = [
        [0] * 128, [0, 1] * 64, [0] + [1] * 127, [1] + [0] * 127, [1, 0] * 64, [1] * 128,
    ]  # fmt: skip

    def entropy(chain: list[int]) -> float:
        total = -math.log2(p[chain[0]]) if p[chain[0]] else math.inf
        for a, b in itertools.pairwise(chain):
            total += -math.log2(step[a][b]) if step[a][b] else math.inf
        return total

    return min(min(map(entropy, chains)) / 128, 1.0)
