"""What kinds of bytes are known of the segment, and how much of it is; the twin of test/bytes/reference/statistics.ts."""
from typing import NamedTuple

import numpy as np
from numba import njit, uint32

from .byte_classes import CLASSES, byte_class
from .compiled import inlined
from .hash import mix

ENOUGH = 8  # known bytes from which on shares mean something


class Statistics(NamedTuple):
    counts: np.ndarray  # int64 [6], of each class
    total: np.ndarray  # int64 [1]
    document: np.ndarray  # uint32 [1]: hash of the shares after the last call; 0 before the first one, 1 as long as little is known


@njit(cache=True)
def fresh():
    return Statistics(np.zeros(CLASSES, dtype=np.int64), np.zeros(1, dtype=np.int64), np.zeros(1, dtype=np.uint32))


@inlined
def count(statistics, b):
    statistics.counts[byte_class(b)] += 1
    statistics.total[0] += 1


@inlined
def end_call(statistics):
    total = statistics.total[0]
    document = uint32(1)
    if total >= ENOUGH:
        document = uint32(2)
        for kind in range(CLASSES):
            document = mix(document, share_level(statistics.counts[kind], total))
    statistics.document[0] = document


@inlined
def place(statistics, run, right):
    """run: length of the known run on the left; right: distance of the nearest known byte on the right."""
    return mix(mix(mix(0, run_bucket(run)), right), log2_bucket(statistics.total[0]))


@inlined
def run_bucket(n):
    if n <= 8:
        return n
    if n < 16:
        return 9
    return 10 if n < 32 else 11


@inlined
def share_level(count, total):
    """In whole 32nds: none at all, 0, 1-2, 3-6, 7-14, more."""
    share = (count * 32) // total
    if share == 0:
        return 1 if count > 0 else 0
    if share <= 2:
        return 2
    if share <= 6:
        return 3
    return 4 if share <= 14 else 5


@inlined
def log2_bucket(n):
    b = 0
    while n > 0:
        b += 1
        n >>= 1
    return b
