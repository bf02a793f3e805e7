"""The positions of a block in the order in which they are coded, cut into network calls; the twin of src/ardm/order.ts."""
import numpy as np
from numba import njit, uint32

BLOCK = 1024  # positions of a block of the random order, and of text-1's interleaved one
LONG_BLOCK = 1 << 19  # positions of a block of text-2's interleaved order: a whole segment


@njit(cache=True)
def interleaved(n, calls, positions, starts):
    """Lanes read left to right, one byte of every lane per call. Fills positions[n] and starts[calls + 1]; returns calls used.

    `calls` is meant per 1,024 positions: a longer block has as many lanes, and they are longer."""
    short = min(n, BLOCK)
    k = min(calls, short)
    lanes = (short + k - 1) // k
    base = n // lanes
    rem = n % lanes
    used = base + (1 if rem > 0 else 0)
    at = 0
    for t in range(used):
        starts[t] = at
        for i in range(lanes):
            if t < base + (1 if i < rem else 0):
                positions[at] = i * base + min(i, rem) + t
                at += 1
    starts[used] = at
    return used


@njit(cache=True)
def shuffled(n, positions):
    """The one random order of n positions: Fisher-Yates over xorshift32."""
    for i in range(n):
        positions[i] = i
    x = uint32(0x9E3779B1)
    for i in range(n - 1, 0, -1):
        x = uint32(x ^ uint32(x << uint32(13)))
        x = uint32(x ^ (x >> uint32(17)))
        x = uint32(x ^ uint32(x << uint32(5)))
        j = np.int64(x) % (i + 1)
        p = positions[i]
        positions[i] = positions[j]
        positions[j] = p


@njit(cache=True)
def in_groups(n, group, positions, starts):
    """The random order, coded `group` positions at a time. Fills both arrays; returns calls used."""
    shuffled(n, positions)
    used = (n + group - 1) // group
    for t in range(used):
        starts[t] = t * group
    starts[used] = n
    return used
