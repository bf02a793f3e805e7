"""Costs of a byte by what is known around it, the dynamic program over them, and its check on held-out pieces."""
import math

import numpy as np
from numba import njit

from ..trainer import Trainer
from .corpus import N, SCRATCH, development, held_out
from .networks import bits_of
from .partitions import from_lanes, lanes, of_order, staggered
from .tables import percent, table

RUNS, RIGHTS, EIGHTHS = 17, 5, 8
STARTS = 3  # whether a share that is known makes a start cheaper: the share times run 0, 1, 2 to 4


@njit(cache=True)
def surroundings(positions, starts):
    """float64 [n, RUNS + RIGHTS + EIGHTHS + STARTS]: run known to the left (16: or more), next known byte to the right (0: none in 4), share known."""
    n = len(positions)
    out = np.zeros((n, 17 + 5 + 8 + 3))
    known = np.zeros(n, dtype=np.uint8)
    for t in range(len(starts) - 1):
        for p in positions[starts[t] : starts[t + 1]]:
            run = 0
            while run < 16 and p - run > 0 and known[p - run - 1] == 1:
                run += 1
            out[p, run] = 1
            right = 0
            for j in range(4, 0, -1):
                if p + j < n and known[p + j] == 1:
                    right = j
            out[p, 17 + right] = 1
            share = min(7.0, max(0.0, starts[t] / n * 8 - 0.5))
            low = min(6, int(share))
            out[p, 22 + low] = 1 - (share - low)
            out[p, 23 + low] = share - low
            if run < 5:
                out[p, 30 + (run if run < 2 else 2)] = starts[t] / n - 0.5
        for p in positions[starts[t] : starts[t + 1]]:
            known[p] = 1
    return out


def fit(designs, excess, interaction):
    """Least squares for bits over those of one lane; run 16, right none and the last eighth are the zero of their scales."""
    one = surroundings(*of_order(np.arange(N), N))
    x = np.concatenate([d - one for d in designs])
    free = np.ones(x.shape[1], dtype=bool)
    free[[16, RUNS, RUNS + RIGHTS + EIGHTHS - 1]] = False
    if not interaction:
        free[-STARTS:] = False
    cost = np.zeros(x.shape[1])
    cost[free] = np.linalg.lstsq(x[:, free], np.concatenate(excess), rcond=None)[0]
    return cost


@njit(cache=True)
def search(calls, most, share_cost, start_cost):
    """Least cost by (call, bytes known, lanes going on), every lane to the last call or ended early: lanes of each call.

    share_cost[known] of any byte, start_cost[known] of a lane that starts then, all its bytes' runs and its end together."""
    n = len(share_cost) - 1
    best = np.full((calls + 1, n + 1, most + 1), np.inf)
    step = np.zeros((calls, n + 1, most + 1), dtype=np.int16)
    best[calls, n, :] = 0
    for t in range(calls - 1, -1, -1):
        for known in range(n + 1):
            if known > t * most or n - known > (calls - t) * most:
                continue
            for active in range(most + 1):
                for now in range(min(most, n - known) + 1):
                    c = best[t + 1, known + now, now] + now * share_cost[known] + max(0, now - active) * start_cost[known]
                    if c < best[t, known, active] - 1e-9:
                        best[t, known, active] = c
                        step[t, known, active] = now
    out = np.zeros(calls, dtype=np.int64)
    known = active = 0
    for t in range(calls):
        active = step[t, known, active]
        out[t] = active
        known += active
    return out


def cheapest(calls, cost):
    """Begins and first calls of the lanes of least cost. Of lanes that end early the oldest does first."""
    known = np.arange(N + 1) / N
    by_share = np.interp(known * 8 - 0.5, np.arange(8), cost[22:30])
    start = cost[:16].sum() + cost[18:22].sum() + (known - 0.5) * (cost[30] + cost[31] + 3 * cost[32])
    fewest = -(-N // calls)
    active = search(calls, min(fewest + max(2, fewest // 3), 2 * fewest), by_share, start)
    open_, lanes_ = [], []
    for t, now in enumerate([*active, 0]):
        while len(open_) > now:
            first = open_.pop(0)
            lanes_.append((first, t - first))
        open_ += [t] * (now - len(open_))
    lanes_.sort()
    return np.concatenate([[0], np.cumsum([length for _, length in lanes_])[:-1]]).tolist(), [first for first, _ in lanes_]


def geometry(model, count=64, per_kind=120):
    trainer = Trainer.restored(model)
    pieces = development(count)

    def measured(some, parts):
        return bits_of(trainer, some, np.array([trainer.columns.in_partition(p, *parts) for p in some]))

    one = measured(pieces, of_order(np.arange(N), N)).mean(0)
    designs, excess = [], []
    for calls in (16, 32, 64, 85, 128, 256):
        for extra in (0, 0.15, 0.4):
            parts = staggered(calls, math.ceil(math.ceil(N / calls) * (1 + extra))) if extra else lanes(calls)
            designs.append(surroundings(*parts))
            excess.append(measured(pieces, parts).mean(0) - one)
    cost, plain = fit(designs, excess, True), fit(designs, excess, False)
    np.savez(SCRATCH / "geometry.npz", cost=cost, plain=plain)
    print(f"Costs in bits over run 16, none to the right, the last eighth: {model.name}, {len(designs)} partitions of {count} pieces")
    table(["known to the left", *range(16), "sum"], [["additive", *(f"{c:.2f}" for c in plain[:16]), f"{plain[:16].sum():.1f}"], ["with start x share", *(f"{c:.2f}" for c in cost[:16]), f"{cost[:16].sum():.1f}"]])
    table(["next known to the right", *range(1, 5), "sum"], [["additive", *(f"{c:.2f}" for c in plain[18:22]), f"{plain[18:22].sum():.2f}"]])
    table(["share known, middle of eighth", *range(1, 9)], [["additive", *(f"{c:.3f}" for c in plain[22:30])], ["with start x share", *(f"{c:.3f}" for c in cost[22:30])]])
    table(["share known: all against none", "run 0", "run 1", "run 2 to 4"], [["bits", *(f"{c:.2f}" for c in cost[30:33])]])
    test, lines = held_out(per_kind), []
    for calls in (16, 32, 64, 85, 100, 128, 200, 256):
        base = measured(test, lanes(calls)).sum(1)
        before = surroundings(*lanes(calls))
        for name, plan, c in (("dynamic program, additive", cheapest(calls, plain), plain), ("dynamic program, start x share", cheapest(calls, cost), cost), ("staggered, fewest lanes", None, cost), ("staggered, one lane more", None, cost)):
            if plan is None and name.endswith("fewest lanes") and N % calls == 0:
                continue
            parts = from_lanes(*plan) if plan else staggered(calls, -(-N // calls) + name.endswith("more"))
            expected = ((surroundings(*parts) - before) @ c).sum() / base.mean() * 100
            width = np.diff([*plan[0], N]) if plan else np.array([0])
            what = f"{len(plan[0])} lanes of {width.min()} to {width.max()}, starts in calls {min(plan[1])} to {max(plan[1])}" if plan else ""
            lines.append([calls, len(np.unique(lanes(calls)[0][: lanes(calls)[1][1]])), name, what, f"{expected:+.2f}", percent(measured(test, parts).sum(1), base)])
            print(lines[-1], flush=True)
    print(f"Measured on {len(test)} held-out pieces")
    table(["calls", "lanes", "against them", "partition", "predicted, %", "measured, %"], lines)
