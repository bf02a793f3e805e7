"""Rows of table indices of a segment, call by call: what the network is asked, for any order."""
import numpy as np
from numba import njit, uint32

from ..order import in_groups, interleaved
from . import features
from .compiled import outermost
from .contexts import SLOT, VALUES
from .hash import spread

# Contexts whose value is itself the row (13 bits) rather than a hash.
MATCH_LONG, MATCH_SHORT = SLOT["match-long"], SLOT["match-short"]
fresh, look, reveal, end_block = features.fresh, features.look, features.reveal, features.end_block


@outermost
def rows_of_call(state, s, positions, slots, slot, bits, offsets, out, values):
    """Looks at the positions of one call and writes what is seen of each to out[p], and to values[p] if that has rows.

    slots: uint32 [VALUES], scratch; slot, bits, offsets: int64 per column, `slot` being the context's; out int32 [n, columns]; values uint32 [n, VALUES]."""
    for p in positions:
        look(state, s, p, slots)
        if len(values) > 0:
            for k in range(VALUES):
                values[p, k] = slots[k]
        for c in range(len(slot)):
            k = slot[c]
            if k == MATCH_LONG or k == MATCH_SHORT:
                row = np.int64(slots[k] & uint32((1 << bits[c]) - 1))
            else:
                row = spread(slots[k], bits[c])
            out[p, c] = offsets[c] + row


@njit(cache=True, nogil=True)
def segment_rows(s, calls, order, group, block, slot, bits, offsets, out, values, turns):
    """Rows of every position of one segment, uint8 [n], as `rows_of_call` writes them.

    order 0: interleaved lanes in `calls` calls; 1: the random order, `group` positions at a time. block: positions of a block.
    turns: int64 [n] for the positions as they are coded, or [0]."""
    n = len(s)
    state = fresh(n)
    positions = np.zeros(min(n, block), dtype=np.int64)
    slots = np.zeros(VALUES, dtype=np.uint32)
    starts = np.zeros(min(n, block) + 1, dtype=np.int64)
    for begin in range(0, n, block):
        m = min(block, n - begin)
        used = interleaved(m, calls, positions, starts) if order == 0 else in_groups(m, group, positions, starts)
        positions[:m] += begin
        if len(turns) > 0:
            turns[begin : begin + m] = positions[:m]
        for t in range(used):
            at = positions[starts[t] : starts[t + 1]]
            rows_of_call(state, s, at, slots, slot, bits, offsets, out, values)
            reveal(state, s, at)
        end_block(state, s, begin, begin + m)


@njit(cache=True, nogil=True)
def partition_rows(s, positions, starts, slot, bits, offsets, out, values):
    """Rows of every position of a segment of one block, coded in the calls positions[starts[t] : starts[t + 1]]."""
    state = fresh(len(s))
    slots = np.zeros(VALUES, dtype=np.uint32)
    for t in range(len(starts) - 1):
        at = positions[starts[t] : starts[t + 1]]
        rows_of_call(state, s, at, slots, slot, bits, offsets, out, values)
        reveal(state, s, at)
