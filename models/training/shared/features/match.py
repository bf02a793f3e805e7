"""Where the last bytes occurred before in what is known of the segment, the twin of test/bytes/reference/match.ts."""
from typing import NamedTuple

import numpy as np
from numba import njit

from .compiled import inlined
from .contexts import SLOT
from .hash import mix

LONG_KEY = 7
SHORT_KEY = 4
MAX_CHECKED = 32
MAX_LENGTH = 65535
MAX_MISSES = 8
MATCH_LONG, MATCH_SHORT = SLOT["match-long"], SLOT["match-short"]


class Matches(NamedTuple):
    long: np.ndarray  # int32 [2**bits]: the last position behind each context of 7 bytes, or -1
    short: np.ndarray  # ... of 4 bytes
    candidate: np.ndarray  # int32 [n]: of the long match, as it stood when that position was coded, or -1
    length: np.ndarray  # int32 [n]
    misses: np.ndarray  # uint8 [n]


@njit(cache=True)
def fresh(n, bits):
    size = 1 << bits
    return Matches(
        np.full(size, -1, dtype=np.int32), np.full(size, -1, dtype=np.int32),
        np.full(n, -1, dtype=np.int32), np.zeros(n, dtype=np.int32), np.zeros(n, dtype=np.uint8),
    )


@inlined
def look(matches, s, known, shift, p, chain, run, slots):
    """The long and the short match of position p: rows of 13 bits (agreement or miss, predicted byte, length), 0 for none."""
    n = len(s)
    cand = -1
    length = 0
    misses = 0
    if run > 0 and matches.candidate[p - 1] >= 0:
        cand = matches.candidate[p - 1] + 1
        misses = np.int64(matches.misses[p - 1])
        if s[cand - 1] == s[p - 1]:
            length = min(matches.length[p - 1] + 1, MAX_LENGTH)
            if length >= 16:
                misses = 0
        else:
            misses += 1
        if misses >= MAX_MISSES or cand >= n or known[cand] == 0:
            cand = -1
            length = 0
            misses = 0
    if length < MAX_CHECKED and run >= LONG_KEY:
        c = matches.long[mix(chain[LONG_KEY], 0) >> shift]
        if c >= 0 and c != cand:
            checked = check(s, known, p, c, run)
            if checked >= LONG_KEY and checked > length:
                cand = c
                length = checked
                misses = 0
    matches.candidate[p] = cand
    matches.length[p] = length
    matches.misses[p] = misses
    row = 0
    if cand >= 0:
        row = (4096 if misses > 0 else 0) + np.int64(s[cand]) * 16 + length_bucket(length)
    slots[MATCH_LONG] = row
    row = 0
    if run >= SHORT_KEY:
        c = matches.short[mix(chain[SHORT_KEY], 0) >> shift]
        if c >= 0:
            checked = check(s, known, p, c, run)
            if checked >= SHORT_KEY:
                row = (4096 if cand >= 0 and s[c] == s[cand] else 0) + np.int64(s[c]) * 16 + length_bucket(checked)
    slots[MATCH_SHORT] = row


@inlined
def check(s, known, p, candidate, run):
    """How many known bytes before p and before the candidate agree, up to 32."""
    n = 0
    while n < MAX_CHECKED and n < run and candidate - n > 0 and known[candidate - n - 1] == 1 and s[candidate - n - 1] == s[p - n - 1]:
        n += 1
    return n


@inlined
def enter(matches, shift, order, h, p):
    """Enters position p behind its context of `order` bytes whose chained hash is h, if that is one of the two keys."""
    if order == SHORT_KEY:
        matches.short[mix(h, 0) >> shift] = p
    if order == LONG_KEY:
        matches.long[mix(h, 0) >> shift] = p


@inlined
def length_bucket(n):
    if n <= 4:
        return 1 if n > 0 else 0
    if n <= 8:
        return n - 3
    if n <= 10:
        return 6
    if n <= 12:
        return 7
    if n <= 15:
        return 8
    if n <= 19:
        return 9
    if n <= 31:
        return 10
    if n <= 63:
        return 11
    if n <= 127:
        return 12
    if n <= 255:
        return 13
    return 14 if n <= 511 else 15
