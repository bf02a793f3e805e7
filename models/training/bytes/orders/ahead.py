"""Lanes that run ahead where a guess of the next bytes was right (drafts.py), measured."""
import math

import numpy as np

from shared.columns import NO_VALUES

from ..trainer import Trainer
from .corpus import KINDS, N, PER_KIND, SEED, Corpus, development, held_out
from .drafts import PATIENCE, count, drafted
from .networks import bits_of
from .partitions import elsewhere, of_order, partition
from .tables import percent, table

PACES = [1.0, 1.25, 1.5, 1.75, 2.0, 2.5]


def drafts(model, ahead=3, calls_of=(85, 16, 32, 64, 100, 128, 256)):
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
    one_lane = bits_of(trainer, pieces, np.array([c.in_partition(p, *of_order(np.arange(N), N)) for p in pieces])).sum(1)
    for calls in calls_of:
        base = bits_of(trainer, pieces, np.array([c.in_partition(p, *partition("lanes", calls)) for p in pieces])).sum(1)
        choice = min(PACES, key=lambda pace: coded(fair, calls, pace, ahead)[0].sum())
        each = [coded(pieces, calls, pace, ahead) for pace in PACES]
        fixed = each[PACES.index(choice)]
        # today's lanes are one more choice; what a choice alone is worth shows in lanes with starts in other places
        best = np.min([base, *(b for b, _ in each)], axis=0) + math.log2(len(PACES) + 1)
        others = [base, *(bits_of(trainer, pieces, np.array([c.in_partition(p, *elsewhere(calls, i)) for p in pieces])).sum(1) for i in range(len(PACES)))]
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
