"""Orders compared: a small network is trained on each family of partitions and coded with all, at equal network calls.

    python orders.py train FAMILY...    networks into .work/orders (about 2 minutes each on two free cores)
    python orders.py compare            families at equal calls, own network and the lanes network
    python orders.py geometry [MODEL]   costs by known neighbourhood, the dynamic program over them, its check on held-out pieces
    python orders.py drafts [MODEL]     lanes that run ahead where a guess of the next bytes was right

MODEL: a checkpoint of train.py, else the network trained on lanes. Pieces of 1 KiB of books, code, JSON and logs; bits are
-log2 p of the unquantised network, before mixing and frequency rounding. Tables go to standard output as Markdown.
"""
import json
import math
import sys
import time
from pathlib import Path

import numpy as np
import torch
from numba import njit

from orders_pass import ROOT, SCRATCH, fresh, learn, look, rows_of, steps  # first: it puts this folder on the path
import features
from columns import NO_VALUES
from model import threads
from train import Trainer

N = 1024
SEED = 5
BYTES = 4_000_000
KINDS = {
    "books": (["books-gutenberg", "books-gutenberg-novels"], "books-gutenberg"),
    "code": (["code", "gathered-code"], "code"),
    "json": (["gathered-json", "json-csv"], "gathered-json"),
    "logs": (["gathered-logs"], "gathered-logs"),
}
LADDER = [8, 16, 32, 64, 85, 128, 256]
TRAINED_CALLS = [8, 16, 32, 64, 85, 100, 128, 256]
PER_KIND = 30
DATA = ROOT / ".work" / "data"
CONFIG = {
    "seed": SEED, "hidden": [128, 128], "denseRate": 0.002, "tableRate": 0.06, "warmUpBytes": 200_000,
    "columns": {
        "two-sided-1": 14, "two-sided-2": 15, "order-3": 16, "order-4": 16, "order-6": 16, "word": 16, "skip": 15, "near": 15, "line": 13,
        "match-long": 13, "match-short": 13, "history-2": 14, "history-4": 14, "bridge-1": 15, "bridge-3": 15, "right": 15,
        "bridge-word": 15, "place": 11, "document": 11,
    },
}


# ---- pieces

class Corpus:
    def __init__(self):
        self.blob = np.memmap(DATA / "train.bin", dtype=np.uint8, mode="r")
        index = np.load(DATA / "train.index.npy")
        names = json.loads((DATA / "groups.json").read_text())["groups"]
        self.files = []
        for groups, _ in KINDS.values():
            rows = index[np.isin(index[:, 2], [names.index(g) for g in groups]) & (index[:, 1] >= N)]
            self.files.append((rows, np.cumsum(rows[:, 1]) / rows[:, 1].sum()))

    def piece(self, rng):
        rows, chances = self.files[rng.integers(len(self.files))]
        start, size, _ = rows[np.searchsorted(chances, rng.random())]
        begin = start + rng.integers(0, size - N + 1)
        return np.array(self.blob[begin : begin + N])


def held_out(per_kind=PER_KIND):
    """uint8 [kinds * per_kind, N], kind by kind."""
    rng = np.random.default_rng(7)
    out = []
    for _, folder in KINDS.values():
        data = np.frombuffer(b"".join(p.read_bytes() for p in sorted((DATA / "valid" / folder).rglob("*")) if p.is_file()), dtype=np.uint8)
        out += [data[a : a + N].copy() for a in rng.integers(0, len(data) - N, per_kind)]
    return np.array(out)


def development(count):
    corpus, rng = Corpus(), np.random.default_rng([SEED, 999_999])
    return np.array([corpus.piece(rng) for _ in range(count)])


# ---- partitions that do not look at the bytes: (positions, starts)

def from_lanes(begins, firsts, n=N):
    """Lane i has the positions from begins[i] to the next lane's begin and codes its first in call firsts[i]."""
    ends = [*begins[1:], n]
    calls = max(f + e - b for b, e, f in zip(begins, ends, firsts))
    groups = [[b + t - f for b, e, f in zip(begins, ends, firsts) if 0 <= t - f < e - b] for t in range(calls)]
    return of_groups(groups)


def of_groups(groups):
    return np.array([p for g in groups for p in g], dtype=np.int64), np.cumsum([0] + [len(g) for g in groups]).astype(np.int64)


def of_order(order, calls):
    cuts = [len(order) * t // calls for t in range(calls + 1)]
    return np.array(order, dtype=np.int64), np.array(cuts, dtype=np.int64)


def lanes(calls):
    positions, starts = np.zeros(N, dtype=np.int64), np.zeros(N + 1, dtype=np.int64)
    used = features.interleaved(N, calls, positions, starts)
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
    features.shuffled(N, positions)
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


# ---- orders that do: what to code is chosen by the entropies of the candidates' logits, which the decoder has too

def candidates(known, edges):
    """First position of every gap and, with edges, its last one, if known bytes follow."""
    unknown = np.flatnonzero(known == 0)
    heads = unknown[(unknown == 0) | (known[unknown - 1] == 1)]
    tails = unknown[(unknown < N - 1) & (known[np.minimum(unknown + 1, N - 1)] == 1)]
    return (np.union1d(heads, tails) if edges else heads), unknown


def middles(unknown, chosen, want):
    """`want` more positions, each the middle of the longest stretch of unknown ones without any yet."""
    chosen = list(chosen)
    for _ in range(want):
        walls = np.union1d(np.setdiff1d(np.arange(-1, N + 1), unknown), chosen)
        gap = np.diff(walls)
        k = int(gap.argmax())
        chosen.append(int(walls[k] + gap[k] // 2))
    return np.sort(np.array(chosen))


def by_entropy(trainer, pieces, calls, edges, extra, out):
    """Rows of pieces coded together in `calls` calls. `extra`: how many more lanes than fit, as a factor."""
    columns = trainer.columns
    states = [fresh(N) for _ in pieces]
    count = max(1, min(N, math.ceil(N / calls * extra)))
    first = np.unique(np.arange(count) * N // count)
    for t in range(calls):
        some, room = [], []
        for piece, state, rows in zip(pieces, states, out):
            known = state[steps.KNOWN]
            at, unknown = candidates(known, edges)
            due = -(-len(unknown) // (calls - t))
            if t == 0:
                at = first
            if len(at) < due:
                at = unknown if due == len(unknown) else middles(unknown, at, due - len(at))
            if len(at):
                look(piece, state, at, columns.slots, columns.bits, columns.offsets, rows, NO_VALUES)
            some.append(at)
            room.append(due)
        logits = trainer.logits_of(np.concatenate([r[a] for r, a in zip(out, some)]))
        p = torch.log_softmax(logits, 1)
        entropy = -(p.exp() * p).sum(1).numpy()
        i = 0
        for piece, state, at, due in zip(pieces, states, some, room):
            e = entropy[i : i + len(at)]
            i += len(at)
            if len(at) > due and t > 0:
                at = np.sort(at[np.argsort(e, kind="stable")[:due]])
            if len(at):
                learn(piece, state, at)
    assert all(state[steps.KNOWN].all() for state in states)


DYNAMIC = {"lanes that wait": (False, 1.25), "edges": (True, 1.0)}


def rows(trainer, family, pieces, calls):
    out = np.zeros((len(pieces), N, len(trainer.columns)), dtype=np.int32)
    if family in DYNAMIC:
        for i in range(0, len(pieces), 40):
            by_entropy(trainer, pieces[i : i + 40], calls, *DYNAMIC[family], out[i : i + 40])
        return out
    for piece, o in zip(pieces, out):
        rows_of(trainer.columns, piece, *partition(family, calls), out=o)
    return out


def bits_of(trainer, pieces, indices):
    """float64 [pieces, N]"""
    flat, targets = indices.reshape(-1, indices.shape[-1]), torch.from_numpy(pieces.reshape(-1).astype(np.int64))
    out = [torch.nn.functional.cross_entropy(trainer.logits_of(flat[i : i + 8192]), targets[i : i + 8192], reduction="none") for i in range(0, len(flat), 8192)]
    return (torch.cat(out).double().numpy() / math.log(2)).reshape(pieces.shape)


# ---- training

def train(family, total=BYTES, batch=2048, count=128):
    """`count` pieces at a time, the same ones for every family; as many calls for 4 pieces, or for 32 that are ordered together."""
    corpus, rng, trainer = Corpus(), np.random.default_rng([SEED, 0]), Trainer(CONFIG)
    begun, step = time.time(), 32 if family in DYNAMIC else 4
    while trainer.bytes < total:
        pieces = np.array([corpus.piece(rng) for _ in range(count)])
        calls = [int(c) for c in rng.choice(TRAINED_CALLS, count // 4)]
        indices = np.concatenate([rows(trainer, family, pieces[i : i + step], calls[i // step]) for i in range(0, count, step)])
        mixed = rng.permutation(pieces.size)
        flat, targets = indices.reshape(pieces.size, -1)[mixed], pieces.reshape(-1).astype(np.int64)[mixed]
        losses = [trainer.step(flat[i : i + batch], targets[i : i + batch], trainer.bytes / total, trainer.bytes) for i in range(0, len(flat), batch)]
        print(f"{family}: {trainer.bytes / 1e6:.1f} MB {np.mean(losses):.3f} bits/byte, {time.time() - begun:.0f} s", flush=True)
    trainer.save(SCRATCH / f"{family.replace(' ', '-')}.pt")


def network(family):
    return Trainer.restored(SCRATCH / f"{family.replace(' ', '-')}.pt")

# ---- tables

def percent(bits, base):
    """How much more than `base` the same pieces take, and its standard error over pieces."""
    ratio = bits.sum() / base.sum()
    error = (bits - ratio * base).std(ddof=1) / math.sqrt(len(base)) / base.mean()
    return f"{100 * (ratio - 1):+.1f} ± {100 * error:.1f}" if abs(ratio - 1) > 0.0995 else f"{100 * (ratio - 1):+.2f} ± {100 * error:.2f}"


def table(heads, lines):
    print("\n| " + " | ".join(map(str, heads)) + " |\n|" + " --- |" * len(heads))
    for line in lines:
        print("| " + " | ".join(map(str, line)) + " |")
    print(flush=True)


def totals(trainer, family, pieces, calls):
    return bits_of(trainer, pieces, rows(trainer, family, pieces, calls)).sum(1)


def measure_random_loss():
    global RANDOM_LOSS
    pieces, trainer = development(64), network("random")
    by_position = bits_of(trainer, pieces, rows(trainer, "random", pieces, 128)).mean(0)
    known = by_position[shuffled()].reshape(32, -1).mean(1)
    RANDOM_LOSS = np.repeat(np.sort(known)[::-1], N // 32)


def compare():
    pieces = held_out()
    have = [f for f in [*STATIC, *DYNAMIC] if (SCRATCH / f"{f.replace(' ', '-')}.pt").exists()]
    if "random" in have:
        measure_random_loss()
    base = network("lanes")
    ladder = [*LADDER, 100, 200]
    line = {calls: totals(base, "lanes", pieces, calls) for calls in [*ladder, 1024]}
    print(f"{len(pieces)} held-out pieces of 1 KiB ({PER_KIND} of each of {', '.join(KINDS)}), networks of {BYTES / 1e6:.0f} MB")
    lines = [["lanes, bits per byte", *(f"{line[c].sum() / pieces.size:.3f}" for c in ladder)], ["one lane (1,024 calls), %", *(percent(line[1024], line[c]) for c in ladder)]]
    for family in have[1:]:
        trainer = network(family)
        for who, name in ((trainer, "own network"), (base, "lanes network")):
            some = [c for c in ladder if family != "staggered" or N % c]
            cells = {c: percent(totals(who, family, pieces, c), line[c]) for c in some}
            lines.append([f"{family}, {name}, %", *(cells.get(c, "as lanes") for c in ladder)])
            print(lines[-1], flush=True)
        if family != "random":
            lines.append([f"lanes, {family} network, %", *(percent(totals(trainer, "lanes", pieces, c), line[c]) if c in (32, 85, 256) else "" for c in ladder)])
    table(["calls", *ladder], lines)


# ---- costs of a byte by what is known around it, and the lanes that these make cheapest

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
        return bits_of(trainer, some, np.array([rows_of(trainer.columns, p, *parts) for p in some]))

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


# ---- lanes that run ahead

PACES = [1.0, 1.25, 1.5, 1.75, 2.0, 2.5]


def drafts(model, ahead=3, calls_of=(85, 16, 32, 64, 100, 128, 256)):
    from orders_drafts import PATIENCE, count, drafted
    corpus, rng, guesses = Corpus(), np.random.default_rng([SEED, 0]), np.zeros((4, 1 << 18), dtype=np.uint32)
    for _ in range(16_000):
        count(corpus.piece(rng), guesses)
    trainer, pieces, fair = Trainer.restored(model), held_out(), development(40)
    c = trainer.columns

    def coded(some, calls, pace, ahead):
        out, turn = np.zeros((len(some), N, len(c)), dtype=np.int32), np.zeros(N, dtype=np.int64)
        stats = np.array([drafted(p, calls, pace, PATIENCE, ahead, 1, guesses, c.slots, c.bits, c.offsets, o, NO_VALUES, turn) for p, o in zip(some, out)])
        return bits_of(trainer, some, out).sum(1), stats

    nothing = np.zeros((N, 0), dtype=np.int32)
    none = np.zeros(0, dtype=np.int64)
    lines = []
    for a in (1, 2, 3, 5, 7, 15):
        stats = np.array([drafted(p, N, N, PATIENCE, a, 1, guesses, none, none, none, nothing, NO_VALUES, np.zeros(N, dtype=np.int64)) for p in pieces])
        by_kind = (N / stats[:, 0]).reshape(len(KINDS), -1)
        lines.append([a, *(f"{N / stats[i * PER_KIND : (i + 1) * PER_KIND, 0].mean():.2f}" for i in range(len(by_kind))), f"{N / stats[:, 0].mean():.2f}", f"{(stats[:, 2] / stats[:, 0]).mean():.2f}"])
    print("Bytes a lane goes on per call, one lane")
    table(["guesses at most", *KINDS, "all", "rows a call, at most"], lines)

    lines, kinds = [], []
    one_lane = bits_of(trainer, pieces, np.array([rows_of(c, p, *of_order(np.arange(N), N)) for p in pieces])).sum(1)
    for calls in calls_of:
        base = bits_of(trainer, pieces, np.array([rows_of(c, p, *partition("lanes", calls)) for p in pieces])).sum(1)
        choice = min(PACES, key=lambda pace: coded(fair, calls, pace, ahead)[0].sum())
        each = [coded(pieces, calls, pace, ahead) for pace in PACES]
        fixed = each[PACES.index(choice)]
        # today's lanes are one more choice; what a choice alone is worth shows in lanes with starts in other places
        best = np.min([base, *(b for b, _ in each)], axis=0) + math.log2(len(PACES) + 1)
        others = [base, *(bits_of(trainer, pieces, np.array([rows_of(c, p, *elsewhere(calls, i)) for p in pieces])).sum(1) for i in range(len(PACES)))]
        luck = percent(np.min(others, axis=0) + math.log2(len(others)), base) if N % calls else ""
        fewest = np.argmin([s[:, 1] for _, s in each], axis=0)  # of equal ones the lowest pace
        one = np.arange(len(pieces))
        counted, stats = np.array([b for b, _ in each])[fewest, one] + math.log2(len(PACES)), np.array([s for _, s in each])[fewest, one]
        lines.append([calls, f"{base.sum() / pieces.size:.3f}", f"{stats[:, 1].mean():.1f} ({-(-N // calls)})", f"{stats[:, 0].mean():.0f}", f"{stats[:, 2].sum() / stats[:, 0].sum():.0f} ({N / calls:.0f})", percent(counted, base), percent(best, base), luck, f"{percent(fixed[0], base)} ({choice})", percent(one_lane, base)])
        kinds.append([calls, *(percent(best[i : i + PER_KIND], base[i : i + PER_KIND]) for i in range(0, len(pieces), PER_KIND))])
        print(lines[-1], kinds[-1], flush=True)
    print(f"{model.name}, a pace of {PACES} for each piece, the bits that name it included; at most {ahead} guesses a lane and call; {len(pieces)} held-out pieces")
    table(["calls", "lanes, bits per byte", "lanes opened (today)", "calls used", "rows a call, at most (today)", "pace with the fewest lanes, %", "best pace or lanes, %", "best of as many places of starts, %", "one pace for all, %", "one lane, 1,024 calls, %"], lines)
    print("Best pace or lanes, by kind")
    table(["calls", *(f"{k}, %" for k in KINDS)], kinds)



if __name__ == "__main__":
    torch.manual_seed(SEED)
    threads(1)
    command, *rest = sys.argv[1:]
    with torch.no_grad():
        if command == "train":
            for name in rest or [*STATIC, *DYNAMIC]:
                train(name)
        elif command == "compare":
            compare()
        else:
            {"geometry": geometry, "drafts": drafts}[command](Path(rest[0]) if rest else SCRATCH / "lanes.pt")
