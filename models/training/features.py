"""Context features of an ARDM row, the Python twin of src/ardm/features.ts (the definition is src/ardm/features.md).

For every position of a segment, given what is known around it when its network call comes, one table index per context
column. Integers only; both twins must agree on every index (test/ardm/features.test.ts holds them to it).
"""
import numpy as np
from numba import njit, uint32

BLOCK = 1024
MAX_RUN = 32
UNKNOWN = 256

# Column ids, in the order of CONTEXTS.
CONTEXTS = [
    "two-sided-1", "two-sided-2", "order-3", "order-4", "order-5", "order-6", "order-8", "word", "word-pair", "skip",
    "near", "above", "line", "match-long", "match-short", "history-1", "history-2", "history-3", "history-4", "history-6",
    "bridge-1", "bridge-2", "bridge-3", "right", "bridge-word",
]
DIRECT = {"match-long", "match-short"}
HISTORY_ORDERS = np.array([1, 2, 3, 4, 6], dtype=np.int64)
LONG_KEY = 7
SHORT_KEY = 4


@njit(cache=True, inline="always")
def mix(h, v):
    h = uint32(uint32(h + uint32(v) + uint32(1)) * uint32(0x9E3779B1))
    return uint32(h ^ (h >> uint32(15)))


@njit(cache=True, inline="always")
def spread(h, bits):
    return np.int64(uint32(h * uint32(0x85EBCA6B)) >> uint32(32 - bits))


@njit(cache=True, inline="always")
def is_letter(b):
    f = b | 0x20
    return (f >= 97 and f <= 122) or b >= 128


@njit(cache=True, inline="always")
def fold(b):
    if b >= 65 and b <= 90:
        return b + 32
    return b


@njit(cache=True, inline="always")
def length_bucket(n):
    if n <= 4:
        return 1 if n > 0 else 0
    if n <= 8:
        return n - 3
    if n <= 10:
        return 6
    if n <= 12:
        return 7
    if n <= 15:
        return 8
    if n <= 19:
        return 9
    if n <= 31:
        return 10
    if n <= 63:
        return 11
    if n <= 127:
        return 12
    if n <= 255:
        return 13
    if n <= 511:
        return 14
    return 15


@njit(cache=True, inline="always")
def count_bucket(n):
    if n <= 3:
        return n
    if n <= 5:
        return 4
    if n <= 8:
        return 5
    if n <= 14:
        return 6
    return 7


@njit(cache=True)
def interleaved(n, calls, positions, starts):
    """Lanes read left to right, one byte of every lane per call. Fills positions[n] and starts[calls + 1]; returns calls used."""
    k = min(calls, n)
    lanes = (n + k - 1) // k
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


@njit(cache=True, inline="always")
def table_bits(n):
    """log2 of the slots of each in-file table, from the length of the segment."""
    b = 10
    while b < 18 and (1 << b) < 2 * n:
        b += 1
    return b


@njit(cache=True, inline="always")
def history_update(table, slot, check, b):
    v = table[slot]
    s1 = v & uint32(255)
    s2 = (v >> uint32(8)) & uint32(255)
    n1 = (v >> uint32(16)) & uint32(255)
    byte = uint32(b)
    if n1 == 0 or (v >> uint32(24)) != check:
        s1 = byte
        s2 = byte
        n1 = uint32(1)
    elif s1 == byte:
        if n1 < 15:
            n1 += uint32(1)
    elif n1 > 2:
        n1 = n1 >> uint32(1)
        s2 = byte
    else:
        s2 = s1
        s1 = byte
        n1 = uint32(1)
    table[slot] = (check << uint32(24)) | (n1 << uint32(16)) | (s2 << uint32(8)) | s1


@njit(cache=True, nogil=True)
def segment_rows(s, calls, order, group, bits, offsets, out):
    """Indices of every position of one segment.

    s: uint8[n]; order 0 interleaved lanes in `calls` calls, 1 random order coded `group` positions at a time;
    bits, offsets: int64 per context; out: int32[n, contexts].
    """
    n = len(s)
    tb = table_bits(n)
    size = 1 << tb
    tmask = uint32(32 - tb)
    match_long = np.full(size, -1, dtype=np.int32)
    match_short = np.full(size, -1, dtype=np.int32)
    hist = np.zeros((5, size), dtype=np.uint32)
    known = np.zeros(n, dtype=np.uint8)
    newline = np.full(n, -1, dtype=np.int32)
    run_at = np.zeros(n, dtype=np.uint8)
    mptr = np.full(n, -1, dtype=np.int32)
    mlen = np.zeros(n, dtype=np.int32)
    mmiss = np.zeros(n, dtype=np.uint8)
    chain = np.zeros(9, dtype=np.uint32)
    positions = np.zeros(BLOCK, dtype=np.int64)
    starts = np.zeros(BLOCK + 1, dtype=np.int64)
    ho = HISTORY_ORDERS
    for b0 in range(0, n, BLOCK):
        m = min(BLOCK, n - b0)
        if order == 0:
            used = interleaved(m, calls, positions, starts)
        else:
            shuffled(m, positions)
            used = 0
            at = 0
            while at < m:
                starts[used] = at
                at = min(m, at + group)
                used += 1
            starts[used] = m
        for t in range(used):
            for i in range(starts[t], starts[t + 1]):
                p = b0 + positions[i]
                # --- the known run to the left, and its hash chain
                run = 0
                while run < MAX_RUN and p - run > 0 and known[p - run - 1] == 1:
                    run += 1
                run_at[p] = run
                h = uint32(0)
                chain[0] = h
                for j in range(1, 9):
                    if j <= run:
                        h = mix(h, s[p - j])
                    else:
                        h = mix(h, 256 + run) if j == run + 1 else h
                    chain[j] = h
                l1 = UNKNOWN if run < 1 else np.int64(s[p - 1])
                l2 = np.int64(s[p - 2]) if p >= 2 and known[p - 2] == 1 else UNKNOWN
                l3 = np.int64(s[p - 3]) if p >= 3 and known[p - 3] == 1 else UNKNOWN
                l4 = np.int64(s[p - 4]) if p >= 4 and known[p - 4] == 1 else UNKNOWN
                r1 = np.int64(s[p + 1]) if p + 1 < n and known[p + 1] == 1 else UNKNOWN
                r2 = np.int64(s[p + 2]) if p + 2 < n and known[p + 2] == 1 else UNKNOWN
                out[p, 0] = offsets[0] + spread(mix(mix(uint32(0), l1), r1), bits[0])
                out[p, 1] = offsets[1] + spread(mix(mix(mix(mix(uint32(0), l1), l2), r1), r2), bits[1])
                out[p, 2] = offsets[2] + spread(chain[3], bits[2])
                out[p, 3] = offsets[3] + spread(chain[4], bits[3])
                out[p, 4] = offsets[4] + spread(chain[5], bits[4])
                out[p, 5] = offsets[5] + spread(chain[6], bits[5])
                out[p, 6] = offsets[6] + spread(chain[8], bits[6])
                # --- words: letters up to p, and the word before
                w = uint32(0)
                j = 1
                while j <= run and is_letter(s[p - j]):
                    w = mix(w, fold(s[p - j]))
                    j += 1
                if j > run:
                    w = mix(w, 511)
                elif j == 1:
                    w = mix(w, 256 + l1)
                out[p, 7] = offsets[7] + spread(w, bits[7])
                prefix = w
                gap = 0
                while j <= run and gap < 4 and not is_letter(s[p - j]):
                    w = mix(w, 256)
                    j += 1
                    gap += 1
                while j <= run and is_letter(s[p - j]):
                    w = mix(w, fold(s[p - j]))
                    j += 1
                out[p, 8] = offsets[8] + spread(mix(w, 512), bits[8])
                out[p, 9] = offsets[9] + spread(mix(mix(mix(uint32(0), l2), l3), l4), bits[9])
                # --- nearest known symbols on both sides
                dl = 0
                sl = UNKNOWN
                for j in range(1, 9):
                    if p - j >= 0 and known[p - j] == 1:
                        dl = j
                        sl = np.int64(s[p - j])
                        break
                dr = 0
                sr = UNKNOWN
                for j in range(1, 9):
                    if p + j < n and known[p + j] == 1:
                        dr = j
                        sr = np.int64(s[p + j])
                        break
                out[p, 10] = offsets[10] + spread(mix(mix(mix(mix(uint32(0), dl), sl), dr), sr), bits[10])
                # --- both sides of a gap that is about to close: what stands left of it, how far it goes, what follows
                right = bridge = uint32(0)
                bridge1 = bridge2 = bridge3 = uint32(0)
                if dr > 0:
                    q = p + dr
                    s2 = np.int64(s[q + 1]) if q + 1 < n and known[q + 1] == 1 else UNKNOWN
                    s3 = np.int64(s[q + 2]) if q + 2 < n and known[q + 2] == 1 else UNKNOWN
                    s4 = np.int64(s[q + 3]) if q + 3 < n and known[q + 3] == 1 else UNKNOWN
                    right = mix(mix(mix(mix(mix(uint32(0), dr), sr), s2), s3), s4)
                    bridge1 = mix(mix(mix(mix(uint32(0), dr), l1), sr), s2)
                    if dr <= 4:
                        bridge2 = mix(mix(mix(mix(chain[2], dr), sr), s2), s3)
                    if dr <= 3:
                        bridge3 = mix(mix(mix(mix(mix(chain[3], dr), sr), s2), s3), s4)
                    bridge = mix(prefix, dr)
                    j = 0
                    while j < 8 and q + j < n and known[q + j] == 1 and is_letter(s[q + j]):
                        bridge = mix(bridge, fold(s[q + j]))
                        j += 1
                    if q + j >= n or known[q + j] == 0:
                        bridge = mix(bridge, 511)
                    elif j == 0:
                        bridge = mix(bridge, 256 + sr)
                out[p, 20] = offsets[20] + spread(bridge1, bits[20])
                out[p, 21] = offsets[21] + spread(bridge2, bits[21])
                out[p, 22] = offsets[22] + spread(bridge3, bits[22])
                out[p, 23] = offsets[23] + spread(right, bits[23])
                out[p, 24] = offsets[24] + spread(bridge, bits[24])
                # --- the line: byte above, first bytes, column
                above = 258
                first = UNKNOWN
                before = UNKNOWN
                col = 0
                nl = -1
                if run > 0:
                    nl = newline[p - 1]
                if nl >= 0:
                    col = p - nl - 1
                    if col > 0:
                        first = np.int64(s[nl + 1])
                    pn = newline[nl - 1] if nl > 0 and known[nl - 1] == 1 else -1
                    if pn >= 0:
                        before = np.int64(s[pn + 1])
                        q = pn + 1 + col
                        if q <= nl:
                            above = np.int64(s[q])
                        else:
                            above = 257
                out[p, 11] = offsets[11] + spread(mix(mix(uint32(0), above), l1), bits[11])
                out[p, 12] = offsets[12] + spread(mix(mix(mix(uint32(0), first), before), min(col, 15)), bits[12])
                # --- match: where these bytes stood before in this segment
                cand = -1
                length = 0
                miss = 0
                if run > 0 and mptr[p - 1] >= 0:
                    cand = mptr[p - 1] + 1
                    miss = np.int64(mmiss[p - 1])
                    if s[cand - 1] == s[p - 1]:
                        length = min(mlen[p - 1] + 1, 65535)
                        if length >= 16:
                            miss = 0
                    else:
                        miss += 1
                    if miss >= 8 or cand >= n or known[cand] == 0:
                        cand = -1
                        length = 0
                        miss = 0
                if length < 32 and run >= LONG_KEY:
                    c = match_long[mix(chain[LONG_KEY], 0) >> tmask]
                    if c >= 0 and c != cand:
                        v = 0
                        while v < MAX_RUN and v < run and c - v > 0 and known[c - v - 1] == 1 and s[c - v - 1] == s[p - v - 1]:
                            v += 1
                        if v >= LONG_KEY and v > length:
                            cand = c
                            length = v
                            miss = 0
                mptr[p] = cand
                mlen[p] = length
                mmiss[p] = miss
                row = 0
                if cand >= 0:
                    row = (4096 if miss > 0 else 0) + np.int64(s[cand]) * 16 + length_bucket(length)
                out[p, 13] = offsets[13] + (row & ((1 << bits[13]) - 1))
                row = 0
                if run >= SHORT_KEY:
                    c = match_short[mix(chain[SHORT_KEY], 0) >> tmask]
                    if c >= 0:
                        v = 0
                        while v < MAX_RUN and v < run and c - v > 0 and known[c - v - 1] == 1 and s[c - v - 1] == s[p - v - 1]:
                            v += 1
                        if v >= SHORT_KEY:
                            row = (4096 if cand >= 0 and s[c] == s[cand] else 0) + np.int64(s[c]) * 16 + length_bucket(v)
                out[p, 14] = offsets[14] + (row & ((1 << bits[14]) - 1))
                # --- what followed this context here
                for k in range(5):
                    o = ho[k]
                    idx = uint32(0)
                    if run >= o:
                        h = mix(chain[o], 600 + o)
                        v = hist[k, h >> tmask]
                        n1 = (v >> uint32(16)) & uint32(255)
                        if n1 > 0 and (v >> uint32(24)) == (h & uint32(255)):
                            idx = mix(mix(uint32(0), (v & uint32(255)) * uint32(8) + uint32(count_bucket(n1))), (v >> uint32(8)) & uint32(255))
                    out[p, 15 + k] = offsets[15 + k] + spread(idx, bits[15 + k])
            # --- after the call its positions are known; remember them
            for i in range(starts[t], starts[t + 1]):
                p = b0 + positions[i]
                known[p] = 1
            for i in range(starts[t], starts[t + 1]):
                p = b0 + positions[i]
                run = np.int64(run_at[p])
                if s[p] == 10:
                    newline[p] = p
                elif run > 0:
                    newline[p] = newline[p - 1]
                remember(s, p, 0, run, match_long, match_short, hist, tmask, ho)
        # --- the block is whole: contexts that were not known when their byte was coded
        for p in range(b0, b0 + m):
            if s[p] == 10:
                newline[p] = p
            elif p > 0:
                newline[p] = newline[p - 1]
            if run_at[p] < LONG_KEY and p > run_at[p]:
                remember(s, p, np.int64(run_at[p]), min(p, LONG_KEY), match_long, match_short, hist, tmask, ho)


@njit(cache=True)
def remember(s, p, had, run, match_long, match_short, hist, tmask, ho):
    """Enter byte p under each of its contexts of had < order <= run."""
    h = uint32(0)
    k = 0
    for j in range(1, LONG_KEY + 1):
        if j > run:
            return
        h = mix(h, s[p - j])
        if j == SHORT_KEY and j > had:
            match_short[mix(h, 0) >> tmask] = p
        if j == LONG_KEY and j > had:
            match_long[mix(h, 0) >> tmask] = p
        if k < 5 and ho[k] == j:
            if j > had:
                g = mix(h, 600 + j)
                history_update(hist[k], g >> tmask, g & uint32(255), s[p])
            k += 1
