"""The token that stood before the last colon or equals sign, and the bytes since the last structural one; the twin of test/bytes/reference/keys.ts."""
from typing import NamedTuple

import numpy as np
from numba import njit, uint32

from .byte_classes import is_digit, is_letter
from .compiled import inlined
from .hash import mix

UNKNOWN_START = 511


class Keys(NamedTuple):
    """uint32 [n] each, as they stood when that position was coded."""

    token: np.ndarray  # hash of the token it is in, 0 for none
    last_token: np.ndarray  # ... of the token before
    key: np.ndarray  # ... of the key, without its lowest bit, which tells that a comma, ampersand or semicolon came after it
    value: np.ndarray  # ... of the bytes from the last structural one on


@njit(cache=True)
def fresh(n):
    return Keys(np.zeros(n, dtype=np.uint32), np.zeros(n, dtype=np.uint32), np.zeros(n, dtype=np.uint32), np.zeros(n, dtype=np.uint32))


@inlined
def look(keys, s, p, run):
    """The context's hash at position p."""
    token = uint32(0)
    last_token = uint32(0)
    key = uint32(0)
    value = uint32(UNKNOWN_START)
    if run > 0:
        b = s[p - 1]
        token = keys.token[p - 1]
        last_token = keys.last_token[p - 1]
        key = keys.key[p - 1]
        if is_letter(b) or is_digit(b) or b == 95 or b == 45 or b == 46:  # _ - .
            token = mix(token, b)
        else:
            if token != 0:
                last_token = token
            token = uint32(0)
            if b == 58 or b == 61:  # : =
                key = last_token & uint32(0xFFFFFFFE)
            elif b == 44 or b == 38 or b == 59:  # , & ;
                key = key | uint32(1)
        value = mix(uint32(0), b) if is_structural(b) else mix(keys.value[p - 1], b)
    keys.token[p] = token
    keys.last_token[p] = last_token
    keys.key[p] = key
    keys.value[p] = value
    return mix(key, value)


@inlined
def is_structural(b):
    """Line feed and & ( ) , : ; < = > [ ] { }"""
    return b == 10 or b == 38 or b == 40 or b == 41 or b == 44 or (b >= 58 and b <= 62) or b == 91 or b == 93 or b == 123 or b == 125
