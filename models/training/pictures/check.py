"""Checks of the definition that need no trained model: nothing unknown is looked at, every pixel is coded once, frequencies tile.

    check.py
"""
import numpy as np

from lattice import CUTS, WIDTH, cut_at, rows_of, steps
from logistics import HIGHEST, INVERSE_SCALES, K, LOGISTIC, LOGIT_WEIGHTS, LOWEST, OUTPUTS, channel, condition, cumulative, intervals, start_weights
from orders import SPACINGS, schedules
from upscale import STAGES, costs
from upscale_orders import stage_rows


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


def no_lower_bit_is_seen(stage, rng):
    """Rows of the Upscale variant stay as they are whatever the digits are that come later, and the digits' probabilities have the sum 1."""
    height, width = 9, 7
    pixels = rng.integers(0, 256, (height, width, 3)).astype(np.uint8)
    known = (rng.random((height, width)) < rng.random()).astype(np.uint8)
    ys, xs = np.nonzero(known == 0)
    rest = 8 - 2 * stage - 2 * known[..., None].astype(np.int64)
    other = ((pixels >> rest << rest) + rng.integers(0, 256, pixels.shape) % (1 << rest)).astype(np.uint8)
    rows, activity = np.empty((2, len(ys), WIDTH), np.uint8), np.empty((2, len(ys)), np.int64)
    for i, picture in enumerate((pixels, other)):
        stage_rows(picture, known, ys, xs, stage, SPACINGS, rows[i], activity[i])
    assert np.array_equal(rows[0], rows[1]) and np.array_equal(activity[0], activity[1]), stage
    outputs = rng.integers(-200, 200, (len(ys), OUTPUTS))
    low = 6 - 2 * stage
    box = pixels[ys, xs].astype(np.int64) >> (low + 2) << (low + 2)
    every = [(i >> 4, i >> 2 & 3, i & 3) for i in range(64)]
    total = sum(2 ** -costs(outputs, activity[0], box + (np.array(digits) << low), stage) for digits in every)
    assert np.abs(total - 1).max() < 0.01, (stage, total)


def schedules_are_cheapest(rng):
    """Of two stages of four positions, against every schedule there is."""
    losses = [np.sort(rng.random(4))[::-1] for _ in range(2)]

    def price(loss, starts):
        return sum((b - a) * loss[a] for a, b in zip(starts, [*starts[1:], 4]))

    every = [[0, *(i for i in (1, 2, 3) if chosen >> i & 1)] for chosen in range(0, 16, 2)]
    for budget in range(2, 9):
        found = schedules(losses, budget)
        assert sum(map(len, found)) <= budget
        best = min(price(losses[0], a) + price(losses[1], b) for a in every for b in every if len(a) + len(b) <= budget)
        assert abs(sum(price(loss, starts.tolist()) for loss, starts in zip(losses, found)) - best) < 1e-9


def main():
    rng = np.random.default_rng(1)
    for height, width in [(1, 1), (1, 2), (2, 1), (1, 9), (5, 1), (2, 2), (3, 5), (8, 8), (9, 17), (32, 32), (33, 20)]:
        for a in CUTS:
            for b in CUTS:
                nothing_unknown_is_seen(height, width, (a, b), rng)
    assert len(list(steps(32, 32))) == 10 and len(list(steps(512, 512))) == 18 and len(list(steps(512, 768))) == 19
    for _ in range(2000):
        frequencies_tile(rng)
    for stage in list(range(STAGES)) * 20:
        no_lower_bit_is_seen(stage, rng)
    for _ in range(20):
        schedules_are_cheapest(rng)
    print("ok")


if __name__ == "__main__":
    main()
