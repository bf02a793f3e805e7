"""Contexts of tables, records and code, the twin of test/bytes/reference/structure.ts."""
from typing import NamedTuple

import numpy as np
from numba import njit, uint32

from . import alignment, fields, history_table, indentation, keys
from .compiled import inlined
from .contexts import SLOT
from .hash import mix
from .shape import shape_of

FIELD, KEY, INDENT, SHAPE = SLOT["field"], SLOT["key"], SLOT["indent"], SLOT["shape"]
AFTER = 3  # tables of what followed the word, the field and the key
SALT = 607
FIRST_HISTORY = SLOT["history-word"]

find, enter = history_table.find, history_table.enter
fresh_alignment, look_at_alignment = alignment.fresh, alignment.look
fresh_fields, look_at_fields = fields.fresh, fields.look
fresh_keys, look_at_keys = keys.fresh, keys.look
fresh_indentation, look_at_indentation = indentation.fresh, indentation.look


class Structure(NamedTuple):
    alignment: alignment.Alignment
    fields: fields.Fields
    keys: keys.Keys
    indentation: np.ndarray  # uint32 [n]
    tables: np.ndarray  # uint32 [3, 2**bits]
    hashes: np.ndarray  # uint32 [n, 3]: of each position's word, field and key, with their salts, as it was coded


@njit(cache=True)
def fresh(n, bits):
    return Structure(
        fresh_alignment(n), fresh_fields(n), fresh_keys(n), fresh_indentation(n),
        np.zeros((AFTER, 1 << bits), dtype=np.uint32), np.zeros((n, AFTER), dtype=np.uint32),
    )


@inlined
def look(structure, s, known, newline, shift, p, run, last, pair, word, slots):
    """Writes the contexts of position p to slots. last: s(p-1), pair: c(2), word: hash of the word before p."""
    field = look_at_fields(structure.fields, s, p, run)
    key = look_at_keys(structure.keys, s, p, run)
    slots[FIELD] = field
    slots[KEY] = key
    hashes = structure.hashes[p]
    hashes[0] = mix(word, SALT)
    hashes[1] = mix(field, SALT + 1)
    hashes[2] = mix(key, SALT + 2)
    for k in range(AFTER):
        slots[FIRST_HISTORY + k] = find(structure.tables[k], shift, hashes[k]) if run > 0 else uint32(0)
    look_at_alignment(structure.alignment, s, known, newline, p, run, last, pair, slots)
    slots[INDENT] = look_at_indentation(structure.indentation, s, known, newline, p, run)
    slots[SHAPE] = shape_of(s, p, run)


@inlined
def remember(structure, s, shift, p):
    """Enters the byte at p under its word, field and key. To be called if its run was not empty when it was looked at."""
    for k in range(AFTER):
        enter(structure.tables[k], shift, structure.hashes[p, k], s[p])
