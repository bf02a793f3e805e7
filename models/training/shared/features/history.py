"""What followed the last 1, 2, 3, 4 and 6 bytes so far in this segment, the twin of test/bytes/reference/history.ts.

State: uint32 [5, 2**bits], a history table for each order.
"""
import numpy as np
from numba import njit, uint32

from . import history_table
from .compiled import inlined
from .contexts import SLOT
from .hash import mix

ORDERS = np.array([1, 2, 3, 4, 6], dtype=np.int64)
SALT = 600
FIRST = SLOT["history-1"]
find, enter_slot = history_table.find, history_table.enter


@njit(cache=True)
def fresh(bits):
    return np.zeros((len(ORDERS), 1 << bits), dtype=np.uint32)


@inlined
def look(tables, shift, chain, run, slots):
    """One hash for each order; 0 where the context is not known or is new."""
    for k in range(len(ORDERS)):
        order = ORDERS[k]
        slots[FIRST + k] = find(tables[k], shift, mix(chain[order], SALT + order)) if run >= order else uint32(0)


@inlined
def enter(tables, shift, order, h, b):
    """Enters b as the successor of the context of `order` bytes whose chained hash is h, if it is one of the five."""
    for k in range(len(ORDERS)):
        if ORDERS[k] == order:
            enter_slot(tables[k], shift, mix(h, SALT + order), b)
