"""32-bit hashing, the twin of test/bytes/reference/hash.ts."""
import numpy as np
from numba import uint32

from .compiled import inlined


@inlined
def mix(h, v):
    """Takes one symbol (0..65535) or hash into a running hash, 0 at the start."""
    h = uint32(uint32(h + uint32(v) + uint32(1)) * uint32(0x9E3779B1))
    return uint32(h ^ (h >> uint32(15)))


@inlined
def spread(h, bits):
    """The row, of 2**bits, that a hash falls into."""
    return np.int64(uint32(h * uint32(0x85EBCA6B)) >> uint32(32 - bits))
