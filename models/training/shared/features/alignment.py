"""A cursor in the line above that keeps step with this line, the twin of test/bytes/reference/alignment.ts."""
from typing import NamedTuple

import numpy as np
from numba import njit

from .byte_classes import LINE_FEED, is_digit, is_letter
from .compiled import inlined
from .contexts import SLOT
from .hash import mix

MAX_SEARCH = 64
MAX_AGREEMENT = 15
NOWHERE = -1
MISSING = 258  # the symbol of a byte that the line above has not got
ALIGNED_1, ALIGNED_2 = SLOT["aligned-1"], SLOT["aligned-2"]


class Alignment(NamedTuple):
    cursor: np.ndarray  # int32 [n], as it stood when that position was coded: the byte that stands in its place in the line above, or -1
    agreement: np.ndarray  # uint8 [n]: bytes up to there that the cursor predicted, one after the other


@njit(cache=True)
def fresh(n):
    return Alignment(np.full(n, NOWHERE, dtype=np.int32), np.zeros(n, dtype=np.uint8))


@inlined
def look(alignment, s, known, newline, p, run, last, pair, slots):
    """The two contexts of position p. last: s(p-1), pair: c(2)."""
    cursor = NOWHERE
    agreement = 0
    if run > 0:
        old = np.int64(alignment.cursor[p - 1])
        b = np.int64(s[p - 1])
        if b == LINE_FEED:
            cursor = line_before(known, newline, p)
        elif old >= 0:
            if s[old] == b:
                agreement = min(np.int64(alignment.agreement[p - 1]) + 1, MAX_AGREEMENT)
            cursor = step(s, known, old, b)
        if cursor >= p or (cursor >= 0 and known[cursor] == 0):
            cursor = NOWHERE
    alignment.cursor[p] = cursor
    alignment.agreement[p] = agreement
    first = np.int64(s[cursor]) if cursor >= 0 else MISSING
    second = np.int64(s[cursor + 1]) if cursor >= 0 and cursor + 1 < p and known[cursor + 1] == 1 else MISSING
    slots[ALIGNED_1] = mix(mix(mix(0, first), last), min(agreement, 4))
    slots[ALIGNED_2] = mix(mix(mix(pair, first), second), 1 if agreement > 0 else 0)


@inlined
def line_before(known, newline, p):
    """Where the line begins that ends before position p, as far as known."""
    if p < 2 or known[p - 2] == 0:
        return NOWHERE
    feed = np.int64(newline[p - 2])
    return feed + 1 if feed >= 0 else NOWHERE


@inlined
def step(s, known, old, b):
    """Where a cursor at `old` goes when byte b is read below it. It waits at the end of its line."""
    if is_letter(b) or is_digit(b):
        return old if s[old] == LINE_FEED else old + 1
    q = old
    steps = 0
    while steps < MAX_SEARCH and s[q] != b and s[q] != LINE_FEED:
        q += 1
        steps += 1
        if q >= len(s) or known[q] == 0:
            return NOWHERE
    if s[q] == b:
        return q + 1
    return q if s[q] == LINE_FEED else old + 1
