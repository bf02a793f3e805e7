"""The last symbols with letters and digits made alike, the twin of test/bytes/reference/shape.ts."""
import numpy as np
from numba import uint32

from .byte_classes import byte_class
from .compiled import inlined
from .hash import mix

MAX_SYMBOLS = 8
DIGIT = 256 + 2


@inlined
def symbol_of(b):
    """Letters, digits and bytes beyond ASCII are made alike, all others stand for themselves."""
    kind = byte_class(b)
    if kind == 3 or kind == 5:
        return np.int64(b)
    return 256 + kind


@inlined
def shape_of(s, p, run):
    """The last 8 symbols before p, equal neighbours taken as one unless they are digits, within the known run."""
    h = uint32(0)
    before = -1
    symbols = 0
    j = 1
    while j <= run and symbols < MAX_SYMBOLS:
        symbol = symbol_of(s[p - j])
        if symbol != before or symbol == DIGIT:
            h = mix(h, symbol)
            symbols += 1
        before = symbol
        j += 1
    return h
