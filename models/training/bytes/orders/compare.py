"""Families at equal calls, with their own network and the lanes network."""
import numpy as np

from . import partitions
from .by_entropy import DYNAMIC
from .corpus import KINDS, N, PER_KIND, SCRATCH, development, held_out
from .networks import BYTES, bits_of, network, rows
from .partitions import STATIC, shuffled
from .tables import percent, table

LADDER = [8, 16, 32, 64, 85, 128, 256]


def totals(trainer, family, pieces, calls):
    return bits_of(trainer, pieces, rows(trainer, family, pieces, calls)).sum(1)


def measure_random_loss():
    pieces, trainer = development(64), network("random")
    by_position = bits_of(trainer, pieces, rows(trainer, "random", pieces, 128)).mean(0)
    known = by_position[shuffled()].reshape(32, -1).mean(1)
    partitions.RANDOM_LOSS = np.repeat(np.sort(known)[::-1], N // 32)


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
