"""Context features of the positions of one segment, the twin of src/bytes/assembly/features.ts (the definition is src/bytes/features.md).

    state = fresh(n);  look(state, s, p, slots) for every position of a call;  reveal(state, s, positions) after it;
    end_block(state, s, begin, end) when a block is whole

Integers only; both twins must agree on every value (test/bytes/reference/features.test.ts holds them to it). Files beside this one have the names of
their twins.
"""
from typing import NamedTuple

import numpy as np
from numba import njit, uint32

from . import history, match, statistics, structure
from .byte_classes import CLASSES, LINE_FEED, byte_class, fold_case, is_letter
from .compiled import inlined
from .contexts import CLASSES_SLOT, SLOT
from .hash import mix

MAX_RUN = 32  # how far known bytes to the left are looked at
MAX_DISTANCE = 8  # how far the nearest known byte on either side is sought
UNKNOWN = 256  # the symbol of a position that is not known yet, or lies outside the segment
ABOVE_ENDS, ABOVE_MISSING = 257, 258
CHAIN = 9

LONG_KEY = match.LONG_KEY
TWO_SIDED_1, TWO_SIDED_2 = SLOT["two-sided-1"], SLOT["two-sided-2"]
ORDER_1, ORDER_2, ORDER_3, ORDER_4, ORDER_5, ORDER_6, ORDER_8 = (SLOT[f"order-{n}"] for n in (1, 2, 3, 4, 5, 6, 8))
WORD, WORD_PAIR, SKIP, NEAR, ABOVE, LINE = (SLOT[c] for c in ("word", "word-pair", "skip", "near", "above", "line"))
BRIDGE_1, BRIDGE_2, BRIDGE_3, RIGHT, BRIDGE_WORD = (SLOT[c] for c in ("bridge-1", "bridge-2", "bridge-3", "right", "bridge-word"))
DOCUMENT, PLACE = SLOT["document"], SLOT["place"]

fresh_history, look_at_history, enter_history = history.fresh, history.look, history.enter
fresh_matches, look_at_matches, enter_matches = match.fresh, match.look, match.enter
fresh_structure, look_at_structure, remember_structure = structure.fresh, structure.look, structure.remember
fresh_statistics, count, end_call, place = statistics.fresh, statistics.count, statistics.end_call, statistics.place


class State(NamedTuple):
    shift: np.uint32  # 32 less the log2 of the slots of each table that is gathered from the segment
    known: np.ndarray  # uint8 [n]
    run: np.ndarray  # uint8 [n]: length of the known run to the left of a position when it was coded, up to 32
    newline: np.ndarray  # int32 [n]: the last line feed at or before a position, as far as known; -1 if none is
    matches: match.Matches
    history: np.ndarray  # uint32 [5, 2**bits]
    structure: structure.Structure
    statistics: statistics.Statistics
    chain: np.ndarray  # uint32 [9]: c(0) to c(8) of the position looked at last


@njit(cache=True)
def fresh(n):
    bits = table_bits(n)
    return State(
        uint32(32 - bits), np.zeros(n, dtype=np.uint8), np.zeros(n, dtype=np.uint8), np.full(n, -1, dtype=np.int32),
        fresh_matches(n, bits), fresh_history(bits), fresh_structure(n, bits), fresh_statistics(), np.zeros(CHAIN, dtype=np.uint32),
    )


@inlined
def look(state, s, p, slots):
    """Writes the value of every context of position p to slots, uint32 [VALUES]."""
    known, chain = state.known, state.chain
    run = 0
    while run < MAX_RUN and p - run > 0 and known[p - run - 1] == 1:
        run += 1
    state.run[p] = run
    h = uint32(0)
    chain[0] = h
    for j in range(1, CHAIN):
        if j <= run:
            h = mix(h, s[p - j])
        elif j == run + 1:
            h = mix(h, UNKNOWN + run)
        chain[j] = h
    l1, l2 = symbol(s, known, p - 1), symbol(s, known, p - 2)
    r1, r2 = symbol(s, known, p + 1), symbol(s, known, p + 2)
    slots[TWO_SIDED_1] = mix(mix(uint32(0), l1), r1)
    slots[TWO_SIDED_2] = mix(mix(mix(mix(uint32(0), l1), l2), r1), r2)
    slots[ORDER_1] = chain[1]
    slots[ORDER_2] = chain[2]
    slots[ORDER_3] = chain[3]
    slots[ORDER_4] = chain[4]
    slots[ORDER_5] = chain[5]
    slots[ORDER_6] = chain[6]
    slots[ORDER_8] = chain[8]
    look_at_words(s, p, run, l1, slots)
    slots[SKIP] = mix(mix(mix(uint32(0), l2), symbol(s, known, p - 3)), symbol(s, known, p - 4))
    right = look_near(s, known, p, slots)
    look_across(s, known, chain, p, right, l1, slots)
    look_at_line(s, known, state.newline, p, run, l1, slots)
    look_at_matches(state.matches, s, known, state.shift, p, chain, run, slots)
    look_at_history(state.history, state.shift, chain, run, slots)
    look_at_structure(state.structure, s, known, state.newline, state.shift, p, run, l1, chain[2], slots[WORD], slots)
    slots[DOCUMENT] = state.statistics.document[0]
    slots[PLACE] = place(state.statistics, run, right)
    slots[CLASSES_SLOT] = (class_of_symbol(l1) * (CLASSES + 1) + class_of_symbol(l2)) * (CLASSES + 1) + class_of_symbol(symbol(s, known, p - 3))


@inlined
def reveal(state, s, positions):
    """Makes the bytes of one call's positions known."""
    for p in positions:
        state.known[p] = 1
        count(state.statistics, s[p])
    for p in positions:
        run = np.int64(state.run[p])
        if s[p] == LINE_FEED:
            state.newline[p] = p
        elif run > 0:
            state.newline[p] = state.newline[p - 1]
        remember(state, s, p, 0, run)
        if run > 0:
            remember_structure(state.structure, s, state.shift, p)
    end_call(state.statistics)


@inlined
def end_block(state, s, begin, end):
    """Catches up, once a block is whole, on contexts that were not known when their byte was coded."""
    for p in range(begin, end):
        if s[p] == LINE_FEED:
            state.newline[p] = p
        elif p > 0:
            state.newline[p] = state.newline[p - 1]
        run = np.int64(state.run[p])
        if run < LONG_KEY and p > run:
            remember(state, s, p, run, min(p, LONG_KEY))


@inlined
def remember(state, s, p, had, run):
    """Enters byte p under each of its contexts of had < order <= run."""
    h = uint32(0)
    for order in range(1, min(run, LONG_KEY) + 1):
        h = mix(h, s[p - order])
        if order > had:
            enter_matches(state.matches, state.shift, order, h, p)
            enter_history(state.history, state.shift, order, h, s[p])


@inlined
def symbol(s, known, q):
    return np.int64(s[q]) if q >= 0 and q < len(s) and known[q] == 1 else UNKNOWN


@inlined
def class_of_symbol(symbol):
    """The class of a byte, and one more for what is not known."""
    return byte_class(symbol) if symbol < 256 else CLASSES


@inlined
def look_at_words(s, p, run, l1, slots):
    """The letters of the word up to p, and with them the word before."""
    w = uint32(0)
    j = 1
    while j <= run and is_letter(s[p - j]):
        w = mix(w, fold_case(s[p - j]))
        j += 1
    if j > run:
        w = mix(w, 511)
    elif j == 1:
        w = mix(w, 256 + l1)
    slots[WORD] = w
    gap = 0
    while j <= run and gap < 4 and not is_letter(s[p - j]):
        w = mix(w, 256)
        j += 1
        gap += 1
    while j <= run and is_letter(s[p - j]):
        w = mix(w, fold_case(s[p - j]))
        j += 1
    slots[WORD_PAIR] = mix(w, 512)


@inlined
def look_near(s, known, p, slots):
    """Distance and value of the nearest known symbol on the left and on the right. Returns the distance on the right, 0 if none."""
    left = 1
    while left <= MAX_DISTANCE and symbol(s, known, p - left) == UNKNOWN:
        left += 1
    right = 1
    while right <= MAX_DISTANCE and symbol(s, known, p + right) == UNKNOWN:
        right += 1
    h = mix(mix(uint32(0), left), symbol(s, known, p - left)) if left <= MAX_DISTANCE else mix(mix(uint32(0), 0), UNKNOWN)
    if right > MAX_DISTANCE:
        slots[NEAR] = mix(mix(h, 0), UNKNOWN)
        return 0
    slots[NEAR] = mix(mix(h, right), symbol(s, known, p + right))
    return right


@inlined
def look_across(s, known, chain, p, width, l1, slots):
    """Both sides of a gap that is about to close: what stands left of it, its width up to the known right side, what follows."""
    for slot in range(BRIDGE_1, BRIDGE_WORD + 1):
        slots[slot] = 0
    if width == 0:
        return
    q = p + width
    r1, r2, r3, r4 = symbol(s, known, q), symbol(s, known, q + 1), symbol(s, known, q + 2), symbol(s, known, q + 3)
    slots[BRIDGE_1] = mix(mix(mix(mix(uint32(0), width), l1), r1), r2)
    if width <= 4:
        slots[BRIDGE_2] = mix(mix(mix(mix(chain[2], width), r1), r2), r3)
    if width <= 3:
        slots[BRIDGE_3] = mix(mix(mix(mix(mix(chain[3], width), r1), r2), r3), r4)
    slots[RIGHT] = mix(mix(mix(mix(mix(uint32(0), width), r1), r2), r3), r4)
    h = mix(slots[WORD], width)
    j = 0
    while j < 8 and q + j < len(s) and known[q + j] == 1 and is_letter(s[q + j]):
        h = mix(h, fold_case(s[q + j]))
        j += 1
    if q + j >= len(s) or known[q + j] == 0:
        h = mix(h, 511)
    elif j == 0:
        h = mix(h, 256 + r1)
    slots[BRIDGE_WORD] = h


@inlined
def look_at_line(s, known, newline, p, run, l1, slots):
    """The byte above in the previous line; the first bytes of this line and of the previous one, and the column."""
    above = ABOVE_MISSING
    first = UNKNOWN
    before = UNKNOWN
    column = 0
    feed = newline[p - 1] if run > 0 else -1
    if feed >= 0:
        column = p - feed - 1
        if column > 0:
            first = np.int64(s[feed + 1])
        previous = newline[feed - 1] if feed > 0 and known[feed - 1] == 1 else -1
        if previous >= 0:
            before = np.int64(s[previous + 1])
            q = previous + 1 + column
            above = np.int64(s[q]) if q <= feed else ABOVE_ENDS
    slots[ABOVE] = mix(mix(uint32(0), above), l1)
    slots[LINE] = mix(mix(mix(uint32(0), first), before), min(column, 15))


@inlined
def table_bits(n):
    """log2 of the slots of each table that is gathered from the segment."""
    bits = 10
    while bits < 18 and (1 << bits) < 2 * n:
        bits += 1
    return bits
