"""Context mixing behind the network, the Python twin of src/mixing (the definition is src/mixing/mixing.md).

The network's distribution of a byte is coded as eight binary decisions; before each, it is mixed with what the segment itself has shown
so far. Integers only; both twins must agree on every probability (test/mixing/reference-mixer.test.ts holds them to it).
"""
import math
from math import isqrt

import numpy as np
from numba import njit

PRECISION = 200  # bits of the exact powers of two that the tables come from
TABLE_BITS = (10, 17)  # log2 of the slots of each history table: 2 per byte of the segment, within these bounds
WEIGHT_LIMIT = 1 << 22
STATES = 256
MATCH_SETS = 33
MIXERS = 3  # the third, by class, only some models have
SETS = (256, MATCH_SETS)  # of the first two mixers' weights
CONFIDENCE_LIMIT = 255
SMALL_ERROR = 1024  # in 1/65536; smaller ones teach the weights nothing
CLASSES = 344  # what weights are chosen by: the classes of the three bytes before, or that the byte skips the network
SKIPPED = CLASSES - 1
SMALLER_ERROR = 64  # the same for bytes that skip the network
# What is mixed with the network: contexts whose values are looked at (features/contexts.py), by name ("order-1" is c(1), "order-2" c(2)). A released model's
# are in its coding.json: text-2 and text-3 have order-2 and order-3 in place of word-pair and above.
CONTEXTS = ("order-1", "order-6", "word", "word-pair", "above", "aligned-2", "field", "key", "indent", "shape")


# --- tables ----------------------------------------------------------------------------------------------------------------------


def powers():
    """2**(-f/256) for f = 0..255, times 2**PRECISION, by integer square roots."""
    root, roots = 1 << (PRECISION - 1), []
    for _ in range(8):
        root = isqrt(root << PRECISION)
        roots.append(root)
    table = []
    for f in range(256):
        value = 1 << PRECISION
        for k in range(8):
            if f >> (7 - k) & 1:
                value = value * roots[k] >> PRECISION
        table.append(value)
    return table


def squash_table():
    """Entry 4096 + s: probability of a 1 in 1/65536, 1..65535, whose odds are 2**(s/256), s = -4096..4095."""
    fractions, one = powers(), 1 << PRECISION
    table = np.zeros(8192, dtype=np.int64)
    for i in range(8192):
        s = i - 4096
        odds = fractions[abs(s) & 255] >> (abs(s) >> 8)
        small = (odds << 16) // (one + odds)
        table[i] = min(65535, max(1, small if s < 0 else 65536 - small))
    return table


def log_table():
    """Entry i: the largest k with 2**(k/256) <= 1 + i/1024, i = 0..1023."""
    fractions = powers()
    table, k = np.zeros(1024, dtype=np.int64), 0
    for i in range(1024):
        # 2**(k/256) <= x  <=>  1 <= x * 2**(-k/256)
        while k < 255 and (1024 + i) * fractions[k + 1] >= 1024 << PRECISION:
            k += 1
        table[i] = k
    return table


@njit(cache=True, inline="always")
def log2_256(x, logs):
    """256 * log2(x), 1 <= x < 2**31, a little low."""
    e = 10
    while x >= 2048:
        x >>= 1
        e += 1
    while x < 1024:
        x <<= 1
        e -= 1
    return e * 256 + logs[x - 1024]


SQUASH, LOGS = squash_table(), log_table()
# Entry p: 256 * log2 of the odds of the middle of [p, p + 1) / 4096.
STRETCH = np.array([log2_256(2 * p + 1, LOGS) - log2_256(8191 - 2 * p, LOGS) for p in range(4096)], dtype=np.int64)
# Entry n: what part of the way, in 1/65536, an estimate that rests on n observations goes towards the next.
RATES = np.array([131072 // (2 * n + 3) for n in range(CONFIDENCE_LIMIT + 1)], dtype=np.int64)

# Bit history: how many 0s and 1s followed a context, and which came last. By the smaller of the counts, the most that the larger may be.
BOUNDS = (40, 24, 12, 8, 6, 5)


def history_states():
    """([(zeros, ones, last)], next uint8 [256, 2]): all histories in the order in which they are first reached, from (0, 0, 0)."""

    def kept(n):
        """What is left of a count when the other bit comes: n, but at most floor(log2 n) + 2."""
        return n if n <= 2 else min(n, n.bit_length() + 1)

    def after(state, bit):
        zeros, ones, _ = state
        zeros, ones = (kept(zeros), ones + 1) if bit else (zeros + 1, kept(ones))
        least = min(zeros, ones, 5)
        zeros, ones = min(zeros, BOUNDS[least]), min(ones, BOUNDS[least])
        return zeros, ones, bit

    states = [(0, 0, 0)]
    number = {states[0]: 0}
    for state in states:
        for bit in (0, 1):
            if after(state, bit) not in number:
                number[after(state, bit)] = len(states)
                states.append(after(state, bit))
    following = np.zeros((STATES, 2), dtype=np.uint8)
    for i, state in enumerate(states):
        following[i] = [number[after(state, bit)] for bit in (0, 1)]
    assert len(states) <= STATES
    return states, following


HISTORIES, NEXT = history_states()
SEEN = np.array([a + b for a, b, _ in HISTORIES] + [0] * (STATES - len(HISTORIES)), dtype=np.int64)


# --- parameters ------------------------------------------------------------------------------------------------------------------


class Parameters:
    """What a segment starts with, and what training makes: see `mixing` in coding.json.

    With `skip`, (matchLength, historyCount), every array of weights has a second half: that of bytes that skip the network. `classes` are the
    weights by class, int64 [CLASSES, 8, inputs]; without them, [0, 8, inputs]. `final` has three entries a set; without classes, the last is 0.
    """

    def __init__(self, contexts=len(CONTEXTS), skip=None, by_class=False):
        inputs = contexts + 3
        self.skip = skip
        guess = [int(4194304 * (ones + 0.4) / (zeros + ones + 0.8)) for zeros, ones, _ in HISTORIES]
        self.history = np.tile(np.array(guess + [2097152] * (STATES - len(guess)), dtype=np.int64), (contexts, 1))
        self.history_seen = np.full((contexts, STATES), 20, dtype=np.int64)
        self.match = np.full(32, int(4194304 * 0.9), dtype=np.int64)
        self.match_seen = np.full(32, 20, dtype=np.int64)
        self.weights = [np.full((sets, inputs), 3000, dtype=np.int64) for sets in (256, MATCH_SETS)]
        for w in self.weights:
            w[:, 0] = 65536
        self.classes = np.full((CLASSES if by_class else 0, 8, inputs), 3000, dtype=np.int64)
        self.classes[:, :, 0] = 65536
        self.final = np.full((256, MIXERS), 65536 // (MIXERS if by_class else 2), dtype=np.int64)
        self.final[:, 2] *= by_class
        if skip:
            self.weights, self.final = [twice(w) for w in self.weights], twice(self.final)

    def copy(self):
        other = Parameters.__new__(Parameters)
        other.skip = self.skip
        for name in ("history", "history_seen", "match", "match_seen", "classes", "final"):
            setattr(other, name, getattr(self, name).copy())
        other.weights = [w.copy() for w in self.weights]
        return other

    @classmethod
    def from_json(cls, mixing):
        """Of `mixing` in coding.json."""
        self = cls.__new__(cls)
        for name, key in (("history", "history"), ("history_seen", "historySeen"), ("match", "match"), ("match_seen", "matchSeen")):
            setattr(self, name, np.array(mixing[key], dtype=np.int64))
        self.weights = [np.array(w, dtype=np.int64) for w in mixing["weights"]]
        self.classes = np.array(mixing.get("classes", []), dtype=np.int64).reshape(-1, 8, self.weights[0].shape[1])
        self.final = last_weights(mixing["final"])
        skip = mixing.get("skip")
        self.skip = (skip["matchLength"], skip["historyCount"]) if skip else None
        if skip:
            self.weights = [np.concatenate([w, np.array(own, dtype=np.int64)]) for w, own in zip(self.weights, skip["weights"])]
            self.final = np.concatenate([self.final, last_weights(skip["final"])])
        return self

    def to_json(self, contexts, rate):
        """`mixing` of coding.json; contexts by name."""
        mixers = MIXERS if len(self.classes) else 2
        mixing = {
            "contexts": list(contexts),
            "rate": rate,
            "history": self.history.tolist(),
            "historySeen": self.history_seen.tolist(),
            "match": self.match.tolist(),
            "matchSeen": self.match_seen.tolist(),
            "weights": [w[:sets].tolist() for w, sets in zip(self.weights, SETS)],
            "final": self.final[: SETS[0], :mixers].tolist(),
        }
        if len(self.classes):
            mixing["classes"] = self.classes.reshape(-1, self.classes.shape[2]).tolist()
        if self.skip:
            mixing["skip"] = {
                "matchLength": self.skip[0],
                "historyCount": self.skip[1],
                "weights": [w[sets:].tolist() for w, sets in zip(self.weights, SETS)],
                "final": self.final[SETS[0] :, :mixers].tolist(),
            }
        return mixing

    def start(self, confidence):
        """A copy in which no estimate rests on more than `confidence` observations, so that a file can move it."""
        other = self.copy()
        other.history_seen = np.minimum(other.history_seen, confidence)
        other.match_seen = np.minimum(other.match_seen, confidence)
        return other


def last_weights(final):
    """int64 [sets, MIXERS] of lists of two or three."""
    given = np.array(final, dtype=np.int64)
    return np.pad(given, ((0, 0), (0, MIXERS - given.shape[1])))


def twice(sets):
    return np.concatenate([sets, sets])


def table_bits(n):
    bits = TABLE_BITS[0]
    while bits < TABLE_BITS[1] and (1 << bits) < 2 * n:
        bits += 1
    return bits


# --- coding ----------------------------------------------------------------------------------------------------------------------


def mixed_bits(s, turns, logits, logit_weights, values, expected, match, parameters, rate, skips=None, classes=None, with_probabilities=False):
    """Bits that each byte of a segment takes, float64 [n]; `parameters` go on as the segment leaves them.

    With probabilities, also those of a 1 that its bits were coded with, int64 [n, 8], in 1/65536, by position.

    s uint8 [n]; turns int64 [n]: positions as they are coded; logits int64 [n, 256] in that order; values uint32 [n, contexts], expected
    (-1 for none) and match (0..31) int64 [n] by position; skips bool [n]: of which positions the network is not asked (their logits count
    for nothing), none if left out; those need parameters with `skip`. classes int64 [n]: of the bytes before each position; needed by parameters
    with `classes`.
    """
    bits, probabilities = np.zeros(len(s)), np.zeros((len(s), 8), dtype=np.int64)
    buckets = np.minimum(65535, np.array([SQUASH[min(8191, 256 * i)] for i in range(33)])).astype(np.int64)
    tb = table_bits(len(s))
    skips = np.zeros(len(s), dtype=np.bool_) if skips is None else skips
    assert parameters.skip or not skips.any()
    assert classes is not None or len(parameters.classes) == 0
    classes = np.where(skips, SKIPPED, 0 if classes is None else classes).astype(np.int64)
    _mix(
        s, turns, logits, logit_weights, values, expected, match, skips, classes,
        parameters.history, parameters.history_seen, parameters.match, parameters.match_seen,
        parameters.weights[0], parameters.weights[1], parameters.classes, parameters.final,
        np.tile(buckets, 256), np.tile(buckets, 1 << min(16, tb)), tb, rate, SQUASH, LOGS, STRETCH, RATES, NEXT, SEEN, bits,
        probabilities,
    )
    return (bits, probabilities) if with_probabilities else bits


@njit(cache=True)
def _mix(
    s, turns, logits, logit_weights, values, expected, match, skips, classes, history, history_seen, match_p, match_seen,
    w0, w1, w2, final, map0, map1, tb, rate, squash, logs, stretch, rates, following, seen, bits,
    probabilities,
):
    contexts = values.shape[1]
    inputs = contexts + 3
    mixers = MIXERS if len(w2) > 0 else 2
    slots = np.zeros((contexts, 1 << tb, 16), dtype=np.uint8)
    slot = np.zeros(contexts, dtype=np.int64)
    state = np.zeros(contexts, dtype=np.int64)
    st = np.zeros(inputs, dtype=np.int64)
    tree = np.zeros(512, dtype=np.int64)
    out = np.zeros(MIXERS, dtype=np.int64)
    map_bits = min(16, tb)
    for r in range(len(s)):
        p = turns[r]
        byte = np.int64(s[p])
        # --- the network's distribution as a tree of sums
        top = logits[r].max()
        for j in range(256):
            d = top - logits[r, j]
            tree[256 + j] = 1 + (logit_weights[d] if d < len(logit_weights) else 0)
        for j in range(255, 0, -1):
            tree[j] = tree[2 * j] + tree[2 * j + 1]
        node = 1
        # Behind the sets of weights of bytes that the network is asked about are those of the others.
        by_node, by_match = (256, MATCH_SETS) if skips[p] else (0, 0)
        least = SMALLER_ERROR if skips[p] else SMALL_ERROR
        cost = 0.0
        for bit in range(8):
            y = (byte >> (7 - bit)) & 1
            if bit == 0 or bit == 4:
                for c in range(contexts):
                    h = np.uint32(values[p, c])
                    if bit == 4:
                        h = np.uint32(h + np.uint32(node * 0x9E3779B1))
                    h = np.uint32(h * np.uint32(0x85EBCA6B))
                    h = np.uint32(h ^ (h >> np.uint32(15)))
                    i = np.int64(h >> np.uint32(32 - tb))
                    check = np.uint8(max(np.uint32(1), h & np.uint32(255)))
                    if slots[c, i, 0] != check:
                        k = i ^ 1
                        if slots[c, k, 0] == check:
                            i = k
                        else:
                            if seen[slots[c, k, 1]] < seen[slots[c, i, 1]]:
                                i = k
                            for q in range(16):
                                slots[c, i, q] = 0
                            slots[c, i, 0] = check
                    slot[c] = i
            leaf = node if bit < 4 else (node & ((1 << (bit - 4)) - 1)) + (1 << (bit - 4))
            # --- inputs: 256 * log2 of the odds of a 1
            v = log2_256(tree[2 * node + 1], logs) - log2_256(tree[2 * node], logs)
            st[0] = 0 if skips[p] else min(4095, max(-4095, v))
            for c in range(contexts):
                k = np.int64(slots[c, slot[c], leaf])
                state[c] = k
                st[1 + c] = stretch[history[c, k] >> 10] if k > 0 else 0
            match_set = MATCH_SETS - 1
            wanted = 0
            st[contexts + 1] = 0
            if expected[p] >= 0 and (expected[p] | 256) >> (8 - bit) == node:
                match_set = match[p]
                wanted = (expected[p] >> (7 - bit)) & 1
                v = stretch[match_p[match_set] >> 10]
                st[contexts + 1] = v if wanted == 1 else -v
            st[contexts + 2] = 256
            # --- two mixers, a third over them, two adaptive probability maps
            for q in range(mixers):
                w = w0[by_node + node] if q == 0 else w1[by_match + match_set] if q == 1 else w2[classes[p], bit]
                total = 0
                for j in range(inputs):
                    total += w[j] * st[j]
                out[q] = min(4095, max(-4095, total >> 16))
            total = 0
            for q in range(mixers):
                total += final[by_node + node, q] * out[q]
            mixed = min(4095, max(-4095, total >> 16))
            probability = squash[mixed + 4096]
            low, part = (mixed + 4096) >> 8, (mixed + 4096) & 255
            i0 = node * 33 + low
            h = np.uint32((np.uint32(values[p, 0]) + np.uint32(node)) * np.uint32(0x9E3779B1))
            i1 = np.int64(h >> np.uint32(32 - map_bits)) * 33 + low
            a0 = (map0[i0] * (256 - part) + map0[i0 + 1] * part) >> 8
            a1 = (map1[i1] * (256 - part) + map1[i1 + 1] * part) >> 8
            coded = min(65535, max(1, (2 * probability + a0 + a1) >> 2))
            probabilities[p, bit] = coded
            cost -= math.log2((coded if y == 1 else 65536 - coded) / 65536)
            # --- what the bit teaches
            for q in range(mixers):
                w = w0[by_node + node] if q == 0 else w1[by_match + match_set] if q == 1 else w2[classes[p], bit]
                error = (y << 16) - squash[out[q] + 4096]
                if abs(error) < least:
                    continue
                error *= rate
                for j in range(inputs):
                    w[j] = min(WEIGHT_LIMIT, max(-WEIGHT_LIMIT, w[j] + ((st[j] * error + (1 << 19)) >> 20)))
            error = (y << 16) - probability
            for q in range(mixers if abs(error) >= least else 0):
                moved = final[by_node + node, q] + ((out[q] * 2 * error + (1 << 19)) >> 20)
                final[by_node + node, q] = min(WEIGHT_LIMIT, max(-WEIGHT_LIMIT, moved))
            near = 1 if part >= 128 else 0
            map0[i0 + near] += ((y << 16) - map0[i0 + near]) >> 5
            map1[i1 + near] += ((y << 16) - map1[i1 + near]) >> 5
            for c in range(contexts):
                k = state[c]
                if k > 0:
                    history[c, k] += (((y << 22) - history[c, k]) * rates[history_seen[c, k]]) >> 16
                    if history_seen[c, k] < CONFIDENCE_LIMIT:
                        history_seen[c, k] += 1
                slots[c, slot[c], leaf] = following[k, y]
            if match_set < MATCH_SETS - 1:
                right = 1 if wanted == y else 0
                match_p[match_set] += (((right << 22) - match_p[match_set]) * rates[match_seen[match_set]]) >> 16
                if match_seen[match_set] < CONFIDENCE_LIMIT:
                    match_seen[match_set] += 1
            node = 2 * node + y
        bits[p] = cost
