"""What followed each value of one context so far in this segment, the twin of test/bytes/reference/history-table.ts.

uint32 [2**bits] of slots check:8 | count:8 | second:8 | first:8, count 0 = empty; `shift` is 32 - bits, a hash has its table's salt in it.
"""
from numba import uint32

from .compiled import inlined
from .hash import mix

MAX_COUNT = 15


@inlined
def find(slots, shift, h):
    """A hash of what followed the context of hash h; 0 if it is new."""
    slot = slots[h >> shift]
    count = (slot >> uint32(16)) & uint32(255)
    if count == 0 or (slot >> uint32(24)) != (h & uint32(255)):
        return uint32(0)
    return mix(mix(uint32(0), (slot & uint32(255)) * uint32(8) + uint32(count_bucket(count))), (slot >> uint32(8)) & uint32(255))


@inlined
def enter(slots, shift, h, b):
    """Enters byte b as the successor of the context of hash h."""
    check = h & uint32(255)
    slot = slots[h >> shift]
    first = slot & uint32(255)
    second = (slot >> uint32(8)) & uint32(255)
    count = (slot >> uint32(16)) & uint32(255)
    byte = uint32(b)
    if count == 0 or (slot >> uint32(24)) != check:
        first = byte
        second = byte
        count = uint32(1)
    elif first == byte:
        if count < MAX_COUNT:
            count += uint32(1)
    elif count > 2:
        # A habit survives an exception, at half its strength.
        count = count >> uint32(1)
        second = byte
    else:
        second = first
        first = byte
        count = uint32(1)
    slots[h >> shift] = (check << uint32(24)) | (count << uint32(16)) | (second << uint32(8)) | first


@inlined
def count_bucket(count):
    if count <= 3:
        return count
    if count <= 5:
        return 4
    if count <= 8:
        return 5
    if count <= 14:
        return 6
    return 7
