"""Context features of an ARDM row, the Python twin of src/ardm/features.ts (the definition is src/ardm/features.md).

For every position of a segment, given what is known around it when its network call comes, one table index per context
column. Integers only; both twins must agree on every index (test/ardm/features.test.ts holds them to it).
"""
import numpy as np
from numba import njit, uint32

BLOCK = 1024  # positions of a block of the random order, and of text-1's interleaved one
LONG_BLOCK = 1 << 19  # positions of a block of text-2's interleaved order: a whole segment
MAX_RUN = 32
UNKNOWN = 256

# Column ids, in the order of CONTEXTS.
CONTEXTS = [
    "two-sided-1", "two-sided-2", "order-3", "order-4", "order-5", "order-6", "order-8", "word", "word-pair", "skip",
    "near", "above", "line", "match-long", "match-short", "history-1", "history-2", "history-3", "history-4", "history-6",
    "bridge-1", "bridge-2", "bridge-3", "right", "bridge-word",
    "aligned-1", "aligned-2", "field", "key", "indent", "shape", "document", "place",
    "history-word", "history-field", "history-key",
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


@njit(cache=True, inline="always")
def run_bucket(n):
    if n <= 8:
        return n
    if n < 16:
        return 9
    return 10 if n < 32 else 11


@njit(cache=True, inline="always")
def share_level(count, total):
    """How large a share is, 0..5: none at all; else in whole 32nds 0, 1-2, 3-6, 7-14, more."""
    share = (count * 32) // total
    if share == 0:
        return 1 if count > 0 else 0
    if share <= 2:
        return 2
    if share <= 6:
        return 3
    return 4 if share <= 14 else 5


@njit(cache=True, inline="always")
def log2_bucket(n):
    b = 0
    while n > 0:
        b += 1
        n >>= 1
    return b


@njit(cache=True, inline="always")
def is_digit(b):
    return b >= 48 and b <= 57


@njit(cache=True, inline="always")
def is_field_end(b):
    """comma, semicolon, tab, bar"""
    return b == 44 or b == 59 or b == 9 or b == 124


@njit(cache=True, inline="always")
def is_structural(b):
    """line feed and & ( ) , : ; < = > [ ] { }"""
    return (
        b == 10 or b == 38 or b == 40 or b == 41 or b == 44 or (b >= 58 and b <= 62) or b == 91 or b == 93 or b == 123 or b == 125
    )


@njit(cache=True, inline="always")
def byte_class(b):
    """0 lower-case letter, 1 upper-case, 2 digit, 3 space, tab, line end, 4 beyond ASCII, 5 all else."""
    if b >= 128:
        return 4
    if b >= 97 and b <= 122:
        return 0
    if b >= 65 and b <= 90:
        return 1
    if is_digit(b):
        return 2
    return 3 if b == 32 or (b >= 9 and b <= 13) else 5


@njit(cache=True, inline="always")
def shape_symbol(b):
    """A byte with letters and digits made alike."""
    c = byte_class(b)
    if c == 0 or c == 1 or c == 2 or c == 4:
        return 256 + c
    return np.int64(b)


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
def segment_rows(s, calls, order, group, block, slot, bits, offsets, out, values, turns):
    """Indices of every position of one segment.

    s: uint8[n]; order 0 interleaved lanes in `calls` calls, 1 random order coded `group` positions at a time; block: positions of
    a block; slot, bits, offsets: int64 per column, `slot` being the context's place in CONTEXTS; out: int32[n, columns]; values: uint32[n, 1 + len(CONTEXTS)] for the contexts
    themselves behind c(1), or uint32[0, 0] if they are not wanted; turns: int64[n] for the positions as they are coded, or [0].
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
    positions = np.zeros(min(n, block), dtype=np.int64)
    starts = np.zeros(min(n, block) + 1, dtype=np.int64)
    ho = HISTORY_ORDERS
    hist3 = np.zeros((3, size), dtype=np.uint32)
    hashes3 = np.zeros((n, 3), dtype=np.uint32)
    aligned = np.full(n + 1, -1, dtype=np.int32)
    agree = np.zeros(n + 1, dtype=np.uint8)
    field_no = np.zeros(n + 1, dtype=np.uint8)
    field_hash = np.zeros(n + 1, dtype=np.uint32)
    token = np.zeros(n + 1, dtype=np.uint32)
    last_token = np.zeros(n + 1, dtype=np.uint32)
    key = np.zeros(n + 1, dtype=np.uint32)
    value = np.zeros(n + 1, dtype=np.uint32)
    indent = np.zeros(n + 1, dtype=np.uint32)
    counts = np.zeros(6, dtype=np.int64)
    total = 0
    v_ = np.zeros(36, dtype=np.uint32)
    document = uint32(0)
    ncol = len(slot)
    for b0 in range(0, n, block):
        m = min(block, n - b0)
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
        if len(turns) > 0:
            for i in range(m):
                turns[b0 + i] = b0 + positions[i]
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
                v_[0] = mix(mix(uint32(0), l1), r1)
                v_[1] = mix(mix(mix(mix(uint32(0), l1), l2), r1), r2)
                v_[2] = chain[3]
                v_[3] = chain[4]
                v_[4] = chain[5]
                v_[5] = chain[6]
                v_[6] = chain[8]
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
                v_[7] = w
                prefix = w
                gap = 0
                while j <= run and gap < 4 and not is_letter(s[p - j]):
                    w = mix(w, 256)
                    j += 1
                    gap += 1
                while j <= run and is_letter(s[p - j]):
                    w = mix(w, fold(s[p - j]))
                    j += 1
                v_[8] = mix(w, 512)
                v_[9] = mix(mix(mix(uint32(0), l2), l3), l4)
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
                v_[10] = mix(mix(mix(mix(uint32(0), dl), sl), dr), sr)
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
                v_[20] = bridge1
                v_[21] = bridge2
                v_[22] = bridge3
                v_[23] = right
                v_[24] = bridge
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
                v_[11] = mix(mix(uint32(0), above), l1)
                v_[12] = mix(mix(mix(uint32(0), first), before), min(col, 15))
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
                v_[13] = row
                row = 0
                if run >= SHORT_KEY:
                    c = match_short[mix(chain[SHORT_KEY], 0) >> tmask]
                    if c >= 0:
                        v = 0
                        while v < MAX_RUN and v < run and c - v > 0 and known[c - v - 1] == 1 and s[c - v - 1] == s[p - v - 1]:
                            v += 1
                        if v >= SHORT_KEY:
                            row = (4096 if cand >= 0 and s[c] == s[cand] else 0) + np.int64(s[c]) * 16 + length_bucket(v)
                v_[14] = row
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
                    v_[15 + k] = idx
                # --- structure: the field above, fields, keys, indentation, shape
                a = np.int64(-1)
                ag = np.int64(0)
                fno = np.int64(0)
                fh = uint32(511)
                tok = uint32(0)
                lt = uint32(0)
                ky = uint32(0)
                va = uint32(511)
                ind = uint32(0)
                if run > 0:
                    b = s[p - 1]
                    old = np.int64(aligned[p - 1])
                    if b == 10:
                        if p >= 2 and known[p - 2] == 1:
                            a = np.int64(newline[p - 2])
                            a = a + 1 if a >= 0 else a
                        ag = 0
                    elif old >= 0:
                        ag = min(np.int64(agree[p - 1]) + 1, 15) if s[old] == b else 0
                        if not is_letter(b) and not is_digit(b):
                            q = old
                            steps = 0
                            while steps < 64 and s[q] != b and s[q] != 10:
                                q += 1
                                steps += 1
                                if q >= n or known[q] == 0:
                                    q = -1
                                    break
                            if q >= 0:
                                a = q + 1 if s[q] == b else (q if s[q] == 10 else old + 1)
                        else:
                            a = old + 1 if s[old] != 10 else old
                    if a >= 0 and (a >= p or known[a] == 0):
                        a = -1
                    fno = np.int64(field_no[p - 1])
                    fh = field_hash[p - 1]
                    if b == 10:
                        fno = 0
                        fh = uint32(0)
                    elif is_field_end(b):
                        fno = min(fno + 1, 63)
                        fh = uint32(0)
                    else:
                        fh = mix(fh, b)
                    tok = token[p - 1]
                    lt = last_token[p - 1]
                    ky = key[p - 1]
                    va = value[p - 1]
                    if is_letter(b) or is_digit(b) or b == 95 or b == 45 or b == 46:
                        tok = mix(tok, b)
                    else:
                        if tok != 0:
                            lt = tok
                        tok = uint32(0)
                        if b == 58 or b == 61:
                            ky = lt & uint32(0xFFFFFFFE)
                        elif b == 44 or b == 38 or b == 59:
                            ky = ky | uint32(1)
                    va = mix(uint32(0), b) if is_structural(b) else mix(va, b)
                    # indentation: this line's depth (6 bits), whether it goes on (1), first byte (8); depth and first byte of the line before
                    ind = indent[p - 1]
                    if b == 10:
                        ind = uint32(64) | ((ind & uint32(63)) << uint32(15)) | (((ind >> uint32(7)) & uint32(255)) << uint32(21))
                    elif ind & uint32(64):
                        if b == 32 or b == 9:
                            if ind & uint32(63) < 63:
                                ind += uint32(1)
                        else:
                            ind = (ind & ~uint32(64)) | (uint32(b) << uint32(7))
                aligned[p] = a
                agree[p] = ag
                field_no[p] = fno
                field_hash[p] = fh
                token[p] = tok
                last_token[p] = lt
                key[p] = ky
                value[p] = va
                indent[p] = ind
                al1 = 258
                al2 = 258
                if a >= 0:
                    al1 = np.int64(s[a])
                    if a + 1 < p and known[a + 1] == 1:
                        al2 = np.int64(s[a + 1])
                v_[25] = mix(mix(mix(uint32(0), al1), l1), min(ag, 4))
                v_[26] = mix(mix(mix(chain[2], al1), al2), 0 if ag == 0 else 1)
                v_[27] = mix(fh, fno)
                v_[28] = mix(ky, va)
                tail = UNKNOWN
                if ind & uint32(64) and nl > 0 and known[nl - 1] == 1:
                    tail = np.int64(s[nl - 1])
                v_[29] = mix(mix(uint32(0), ind & uint32(0xFFFF)), mix(ind >> uint32(16), tail) & uint32(0xFFFF))
                h = uint32(0)
                j = 1
                used_symbols = 0
                before_ = -1
                while j <= run and used_symbols < 8:
                    c_ = shape_symbol(s[p - j])
                    if c_ != before_ or c_ == 258:
                        h = mix(h, c_)
                        used_symbols += 1
                    before_ = c_
                    j += 1
                v_[30] = h
                v_[31] = document
                v_[32] = mix(mix(mix(uint32(0), run_bucket(run)), dr), log2_bucket(total))
                # --- what followed the word, the field and the key here
                hashes3[p, 0] = mix(prefix, 607)
                hashes3[p, 1] = mix(v_[27], 608)
                hashes3[p, 2] = mix(v_[28], 609)
                for k in range(3):
                    h = hashes3[p, k]
                    v = hist3[k, h >> tmask]
                    idx = uint32(0)
                    n1 = (v >> uint32(16)) & uint32(255)
                    if run > 0 and n1 > 0 and (v >> uint32(24)) == (h & uint32(255)):
                        idx = mix(mix(uint32(0), (v & uint32(255)) * uint32(8) + uint32(count_bucket(n1))), (v >> uint32(8)) & uint32(255))
                    v_[33 + k] = idx
                if len(values) > 0:
                    values[p, 0] = chain[1]
                    for k in range(36):
                        values[p, 1 + k] = v_[k]
                    # two-sided-2 is of no use there; c(2) is
                    values[p, 2] = chain[2]
                for c in range(ncol):
                    k = slot[c]
                    if k == 13 or k == 14:
                        out[p, c] = offsets[c] + np.int64(v_[k] & uint32((1 << bits[c]) - 1))
                    else:
                        out[p, c] = offsets[c] + spread(v_[k], bits[c])
            # --- after the call its positions are known; remember them
            for i in range(starts[t], starts[t + 1]):
                p = b0 + positions[i]
                known[p] = 1
                counts[byte_class(s[p])] += 1
                total += 1
            for i in range(starts[t], starts[t + 1]):
                p = b0 + positions[i]
                run = np.int64(run_at[p])
                if s[p] == 10:
                    newline[p] = p
                elif run > 0:
                    newline[p] = newline[p - 1]
                remember(s, p, 0, run, match_long, match_short, hist, tmask, ho)
                if run > 0:
                    for k in range(3):
                        history_update(hist3[k], hashes3[p, k] >> tmask, hashes3[p, k] & uint32(255), s[p])
            document = uint32(1)
            if total >= 8:
                document = uint32(2)
                for k in range(6):
                    document = mix(document, share_level(counts[k], total))
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
