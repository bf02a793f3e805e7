"""Which field of its line a position is in, and what stands in the field before it; the twin of test/bytes/reference/fields.ts."""
from typing import NamedTuple

import numpy as np
from numba import njit, uint32

from .byte_classes import LINE_FEED
from .compiled import inlined
from .hash import mix

MAX_FIELD = 63
UNKNOWN_START = 511


class Fields(NamedTuple):
    number: np.ndarray  # uint8 [n]: delimiters of its line so far, as it stood when that position was coded
    content: np.ndarray  # uint32 [n]: hash of the field's bytes


@njit(cache=True)
def fresh(n):
    return Fields(np.zeros(n, dtype=np.uint8), np.zeros(n, dtype=np.uint32))


@inlined
def look(fields, s, p, run):
    """The context's hash at position p."""
    number = np.int64(0)
    content = uint32(UNKNOWN_START)
    if run > 0:
        b = s[p - 1]
        number = np.int64(fields.number[p - 1])
        if b == LINE_FEED:
            number = 0
            content = uint32(0)
        elif ends_field(b):
            number = min(number + 1, MAX_FIELD)
            content = uint32(0)
        else:
            content = mix(fields.content[p - 1], b)
    fields.number[p] = number
    fields.content[p] = content
    return mix(content, number)


@inlined
def ends_field(b):
    """Comma, semicolon, tab and bar."""
    return b == 44 or b == 59 or b == 9 or b == 124
