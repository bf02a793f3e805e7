"""Which positions skip the network: "Certain bytes" of src/bytes/features.md, told by the contexts alone."""
import numpy as np

from .features.contexts import SLOT
from .features.history_table import count_bucket
from .features.match import length_bucket

MULTIPLIER = np.uint32(0x9E3779B1)


def certain(values, match_length, history_count):
    """bool [n]: whether the byte is certain, of the contexts' values, uint32 [n, slots].

    match_length, history_count: `matchLength` and `historyCount` of `skip` in coding.json, numbers at which buckets begin.
    """
    row = values[:, SLOT["match-long"]].astype(np.uint32)
    expected = (row & np.uint32(4095)) >> np.uint32(4)
    held = (row > 0) & (row < 4096) & ((row & np.uint32(15)) >= length_bucket(match_length))
    habit = np.zeros(len(row), dtype=np.bool_)
    for bucket in range(count_bucket(history_count), count_bucket(15) + 1):
        habit |= values[:, SLOT["history-6"]] == mix(mix(np.uint32(0), expected * np.uint32(8) + np.uint32(bucket)), expected)
    return held & habit


def mix(h, v):
    """Of arrays of uint32, as `features.hash.mix`."""
    h = (h + v + np.uint32(1)) * MULTIPLIER
    return h ^ (h >> np.uint32(15))
