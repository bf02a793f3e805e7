"""Lanes that run ahead: in one call a lane codes its next byte and, as long as a guess of it was right, the byte behind it as well.

A guess is the byte after the longest match or, without one, the most frequent byte after the last 6, 5, 4 or 3 in a table that the
model brings. It needs no network. The rows behind a guess are looked at as if it were true; the decoder reads them, first to
last, until a decoded byte differs from its guess, and throws the rest away. So no row that is used stands on anything
false, both sides know which ones are used, and an encoder still needs all its rows only once.

Lanes open so that `calls` suffice whatever the guesses do: at first as many as fit at `pace` bytes a call (at pace 1 these are the
lanes of shared/order.py). With `left` calls to go, a gap longer than left * pace * patience is cut into as many as fit at
that pace; over the last CAREFUL calls both fall to one byte a call.
"""
import math

import numpy as np
from numba import njit, uint32

from shared.features.contexts import VALUES
from shared.features.hash import mix
from shared.features.rows import fresh, reveal, rows_of_call

TABLE_BITS = 18
ORDERS = np.array([6, 5, 4, 3], dtype=np.int64)
CAREFUL = 8
PATIENCE = 1.25


@njit(cache=True, nogil=True)
def place(s, p, order):
    h = uint32(0)
    for j in range(1, order + 1):
        h = mix(h, s[p - j])
    return mix(h, 700 + order)


@njit(cache=True, nogil=True)
def count(s, table):
    """table uint32 [orders, 2**TABLE_BITS]: check (8 bits), confidence (16), byte (8); a majority vote per slot."""
    for p in range(6, len(s)):
        for k in range(4):
            h = place(s, p, ORDERS[k])
            slot, check = h >> uint32(32 - TABLE_BITS), h & uint32(255)
            v = table[k, slot]
            n = (v >> uint32(8)) & uint32(0xFFFF)
            if (v >> uint32(24)) == check and (v & uint32(255)) == s[p]:
                n = min(n + uint32(1), uint32(1000))
            elif n > 0:
                table[k, slot] = v - uint32(256)
                continue
            else:
                n = uint32(1)
            table[k, slot] = (check << uint32(24)) | (uint32(n) << uint32(8)) | uint32(s[p])


@njit(cache=True, nogil=True)
def guess(s, p, run, cand, length, table, least):
    """The byte guessed for p, or -1."""
    if cand >= 0 and length >= 6:
        return np.int64(s[cand])
    for k in range(4):
        if run >= ORDERS[k]:
            h = place(s, p, ORDERS[k])
            v = table[k, h >> uint32(32 - TABLE_BITS)]
            if (v >> uint32(24)) == (h & uint32(255)) and ((v >> uint32(8)) & uint32(0xFFFF)) >= least:
                return np.int64(v & uint32(255))
    if cand >= 0:
        return np.int64(s[cand])
    return -1


@njit(cache=True, nogil=True)
def drafted(s, calls, pace, patience, ahead, least, table, slot, bits, offsets, out, values, turn):
    """Fills out and turn (the call of every position). At most `ahead` guesses a lane and call. Returns (calls, lanes opened, rows)."""
    n = len(s)
    state = fresh(n)
    known, run_at, newline, mptr, mlen = state.known, state.run, state.newline, state.matches.candidate, state.matches.length
    scratch = np.zeros(VALUES, dtype=np.uint32)
    at = np.zeros(n, dtype=np.int64)
    lanes = 0
    rows = 0
    done = 0
    for t in range(calls):
        if done == n:
            return t, lanes, rows
        left = calls - t
        late = min(1.0, (left - 1) / CAREFUL)
        reach = left * (1 + (pace - 1) * late)
        limit = reach if t == 0 else left * (1 + (pace * patience - 1) * late)
        # --- lane heads of this call: every gap's first position, and more in gaps that are too long
        heads = 0
        p = 0
        while p < n:
            if known[p] == 1:
                p += 1
                continue
            q = p
            while q < n and known[q] == 0:
                q += 1
            pieces = 1 if q - p <= limit else int(math.ceil((q - p) / reach - 1e-9))
            base, longer = (q - p) // pieces, (q - p) % pieces
            for i in range(pieces):
                at[heads] = p + i * base + min(i, longer)
                heads += 1
            lanes += pieces if t == 0 else pieces - 1
            p = q
        lead = at[:heads].copy()
        coded = np.zeros(n, dtype=np.int64)
        m = 0
        for i in range(heads):
            p = lead[i]
            end = n if i + 1 == heads else lead[i + 1]
            begin = m
            while True:
                coded[m] = p
                m += 1
                rows_of_call(state, s, coded[m - 1 : m], scratch, slot, bits, offsets, out, values)
                rows += 1
                turn[p] = t
                if m - begin > ahead or p + 1 >= end or known[p + 1] == 1:
                    break
                g = guess(s, p, np.int64(run_at[p]), mptr[p], mlen[p], table, least)
                if g < 0:
                    break
                if g != s[p]:
                    rows += ahead - (m - begin) + 1  # at most so many rows in vain
                    break
                known[p] = 1
                if s[p] == 10:
                    newline[p] = p
                elif run_at[p] > 0:
                    newline[p] = newline[p - 1]
                p += 1
            for j in range(begin, m):
                known[coded[j]] = 0
        reveal(state, s, coded[:m])
        done += m
    return calls, lanes, rows
