"""Partitions that do not look at the bytes: (positions, starts), calls being positions[starts[t] : starts[t + 1]]."""
import numpy as np

from shared import order

from .corpus import N


def from_lanes(begins, firsts, n=N):
    """Lane i has the positions from begins[i] to the next lane's begin and codes its first in call firsts[i]."""
    ends = [*begins[1:], n]
    calls = max(f + e - b for b, e, f in zip(begins, ends, firsts))
    groups = [[b + t - f for b, e, f in zip(begins, ends, firsts) if 0 <= t - f < e - b] for t in range(calls)]
    return of_groups(groups)


def of_groups(groups):
    return np.array([p for g in groups for p in g], dtype=np.int64), np.cumsum([0] + [len(g) for g in groups]).astype(np.int64)


def of_order(positions, calls):
    cuts = [len(positions) * t // calls for t in range(calls + 1)]
    return np.array(positions, dtype=np.int64), np.array(cuts, dtype=np.int64)


def lanes(calls):
    positions, starts = np.zeros(N, dtype=np.int64), np.zeros(N + 1, dtype=np.int64)
    used = order.interleaved(N, calls, positions, starts)
    return positions, starts[: used + 1]


def staggered(calls, count=None):
    """As few lanes as fit, each to the last call; what is spare is waited for, lanes further right the longer."""
    count = count or -(-N // calls)
    spare = count * calls - N
    if count == 1:
        return lanes(calls)
    waits = [2 * spare * i // (count * (count - 1)) for i in range(count)]
    for i in range(spare - sum(waits)):
        waits[count - 1 - i % (count - 1)] += 1
    begins = np.concatenate([[0], np.cumsum([calls - w for w in waits])[:-1]]).tolist()
    return from_lanes(begins, waits)


def elsewhere(calls, seed):
    """As few lanes as fit, of uneven lengths at random, all from the first call."""
    count = -(-N // calls)
    rng, lengths = np.random.default_rng(seed), np.full(count, calls)
    while lengths.sum() > N:
        lengths[rng.integers(count)] -= 1
    return from_lanes(np.concatenate([[0], np.cumsum(lengths)[:-1]]).tolist(), [0] * count)


def levels():
    return [[0]] + [list(range(N >> (k + 1), N, N >> k)) for k in range(N.bit_length() - 1)]


def coarse(calls):
    """Every 2^k-th position, then the midpoints; within a level far apart (bits reversed)."""
    def spread(level):
        width = max(1, (len(level) - 1).bit_length())
        return sorted(level, key=lambda p: int(format(level.index(p), f"0{width}b")[::-1], 2))
    return of_order([p for level in levels() for p in spread(level)], calls)


def coarse_sweep(calls):
    """As `coarse`, but each level in as many lanes as a call takes positions, each from left to right."""
    order = []
    width = -(-N // calls)
    for level in levels():
        count = min(width, len(level))
        length = -(-len(level) // count)
        order += [level[i * length + t] for t in range(length) for i in range(count) if i * length + t < len(level)]
    return of_order(order, calls)


def shuffled():
    positions = np.zeros(N, dtype=np.int64)
    order.shuffled(N, positions)
    return positions


RANDOM_LOSS = None  # of each number of bytes known, once measured


def random(calls):
    """The one random order, cut by the paper's dynamic program over RANDOM_LOSS (equal cuts until it is measured)."""
    if RANDOM_LOSS is None:
        return of_order(shuffled(), calls)
    best, back = np.full(N + 1, np.inf), []
    best[0] = 0
    at = np.arange(N + 1)
    step = np.where(at[None, :] > at[:, None], (at[None, :] - at[:, None]) * np.append(RANDOM_LOSS, 0)[:, None], np.inf)
    for _ in range(calls):
        total = best[:, None] + step
        back.append(total.argmin(0))
        best = total.min(0)
    cuts = [N]
    for come_from in reversed(back):
        cuts.append(int(come_from[cuts[-1]]))
    return shuffled(), np.array(cuts[::-1], dtype=np.int64)


STATIC = {"lanes": lanes, "staggered": staggered, "coarse": coarse, "coarse-sweep": coarse_sweep, "random": random}
CACHE = {}


def partition(family, calls):
    key = family, calls, RANDOM_LOSS is None
    if key not in CACHE:
        CACHE[key] = STATIC[family](calls)
        positions, starts = CACHE[key]
        assert (np.sort(positions) == np.arange(N)).all() and len(starts) - 1 <= calls
    return CACHE[key]
