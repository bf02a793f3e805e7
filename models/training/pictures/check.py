"""Checks of the definition that need no trained model: nothing unknown is looked at, every pixel is coded once, frequencies tile.

    check.py
"""
import numpy as np

from lattice import CUTS, cut_at, rows_of, steps
from logistics import HIGHEST, INVERSE_SCALES, K, LOGISTIC, LOGIT_WEIGHTS, LOWEST, OUTPUTS, channel, condition, cumulative, intervals, start_weights


def nothing_unknown_is_seen(height, width, cuts, rng):
    """Rows stay as they are whatever the pixels are that come later; every pixel but the first comes once."""
    pixels = rng.integers(0, 256, (height, width, 3)).astype(np.uint8)
    known = np.zeros((height, width), bool)
    known[0, 0] = True
    for s, kind, ys, xs in steps(height, width, cuts):
        assert not known[ys, xs].any()
        other = pixels.copy()
        other[~known] = rng.integers(0, 256, (int((~known).sum()), 3))
        cut = cut_at(cuts[kind], s.bit_length() - 1)
        for a, b in zip(rows_of(pixels, s, kind, cut, ys, xs), rows_of(other, s, kind, cut, ys, xs)):
            assert np.array_equal(a, b), (height, width, s, kind)
        known[ys, xs] = True
    assert known.all(), (height, width)


def frequencies_tile(rng):
    """Every value of every channel has an interval of at least 1; together they are 0..65536."""
    outputs = rng.integers(LOWEST, HIGHEST + 1, OUTPUTS) // rng.choice([1, 1, 4, 16])
    base, activity = rng.integers(0, 256, 3), int(rng.integers(3, 12))
    weights, means, inverses = np.empty(K, np.int64), np.empty(K, np.int64), np.empty(K, np.int64)
    start_weights(outputs, LOGIT_WEIGHTS, weights)
    for c in (1, 0, 2):
        channel(outputs, base, activity, c, INVERSE_SCALES, means, inverses)
        table = np.array([cumulative(b, weights, means, inverses, LOGISTIC) for b in range(257)])
        assert table[0] == 0 and table[256] == 65536 and (np.diff(table) >= 1).all()
        condition(weights, int(rng.integers(256)), means, inverses, LOGISTIC)
        assert weights.sum() == 1 << 15 and (weights >= 0).all()
    starts, sizes = np.empty(3, np.int64), np.empty(3, np.int64)
    intervals(outputs, base, activity, rng.integers(0, 256, 3), False, LOGIT_WEIGHTS, LOGISTIC, INVERSE_SCALES, starts, sizes)
    assert (starts >= 0).all() and (sizes >= 1).all() and (starts + sizes <= 65536).all()


def main():
    rng = np.random.default_rng(1)
    for height, width in [(1, 1), (1, 2), (2, 1), (1, 9), (5, 1), (2, 2), (3, 5), (8, 8), (9, 17), (32, 32), (33, 20)]:
        for a in CUTS:
            for b in CUTS:
                nothing_unknown_is_seen(height, width, (a, b), rng)
    assert len(list(steps(32, 32))) == 10 and len(list(steps(512, 512))) == 18 and len(list(steps(512, 768))) == 19
    for _ in range(2000):
        frequencies_tile(rng)
    print("ok")


if __name__ == "__main__":
    main()
