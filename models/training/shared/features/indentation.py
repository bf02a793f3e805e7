"""How far this line and the line before are indented, and with what they begin; the twin of test/bytes/reference/indentation.ts.

State: uint32 [n], a word for each position as it stood when that was coded: depth of this line (6 bits), whether it still goes on (1),
first byte after it (8); depth (6) and first byte (8) of the line before.
"""
import numpy as np
from numba import njit, uint32

from .byte_classes import LINE_FEED
from .compiled import inlined
from .hash import mix

SPACE = 32
TAB = 9
DEPTH = 63
GOES_ON = 64
FIRST_SHIFT = 7
DEPTH_BEFORE_SHIFT = 15
FIRST_BEFORE_SHIFT = 21
UNKNOWN = 256


@njit(cache=True)
def fresh(n):
    return np.zeros(n, dtype=np.uint32)


@inlined
def look(words, s, known, newline, p, run):
    """The context's hash at position p; while the line's indentation goes on, with the last byte of the line before."""
    word = following(words[p - 1], s[p - 1]) if run > 0 else uint32(0)
    words[p] = word
    tail = UNKNOWN
    if word & uint32(GOES_ON):
        feed = newline[p - 1]
        if feed > 0 and known[feed - 1] == 1:
            tail = np.int64(s[feed - 1])
    return mix(mix(uint32(0), word & uint32(0xFFFF)), mix(word >> uint32(16), tail) & uint32(0xFFFF))


@inlined
def following(word, b):
    """The word after byte b."""
    if b == LINE_FEED:
        first = (word >> uint32(FIRST_SHIFT)) & uint32(255)
        return uint32(GOES_ON) | ((word & uint32(DEPTH)) << uint32(DEPTH_BEFORE_SHIFT)) | (first << uint32(FIRST_BEFORE_SHIFT))
    if not word & uint32(GOES_ON):
        return word
    if b == SPACE or b == TAB:
        return word + uint32(1) if word & uint32(DEPTH) < DEPTH else word
    return (word & ~uint32(GOES_ON)) | (uint32(b) << uint32(FIRST_SHIFT))
