"""The lattice order and what the network sees of a position: pictures.md sections 2 to 4, in numba.

A picture is uint8 [height, width, 3]; grey and alpha planes have their value in all three channels. Offsets, masks and feature columns
are in the order of OFFSETS.
"""
import numpy as np
from numba import njit

REACH = 3  # of the window, in units of the spacing
OFFSETS = np.array([(dy, dx) for dy in range(-REACH, REACH + 1) for dx in range(-REACH, REACH + 1) if dy or dx], np.int64)
NEIGHBOURS = len(OFFSETS)
DY, DX = OFFSETS[:, 0].copy(), OFFSETS[:, 1].copy()
IN_RING = np.array([max(abs(dy), abs(dx)) == 1 for dy, dx in OFFSETS])  # the symmetries of the square keep it
BASE_WEIGHT = np.array([0 if max(abs(dy), abs(dx)) > 1 else 2 if dy == 0 or dx == 0 else 1 for dy, dx in OFFSETS], np.int64)

CENTRES, QUINCUNX = 0, 1  # kinds of steps, and of networks
CUTS = (1, 2, 4)  # sub-lattices that a step can be cut into
RGB, GREY, ALPHA = 0, 1, 2  # kinds of planes

LOWEST_ACTIVITY, HIGHEST_ACTIVITY = 3, 11
LEVELS = 6  # spacings 1, 2, 4, 8, 16, 32 and more
SIZES = 5  # lattices of at most 4, of 5, 6, 7, of 8 and more levels
ZERO, ONE = 128, 192  # bytes of the inputs 0 and 1

# Columns of a row of features.
VALUES = 0  # channel by channel, NEIGHBOURS each
MASK = 3 * NEIGHBOURS
BASE = MASK + NEIGHBOURS
CHANNEL_ACTIVITY = BASE + 3
FINE_ACTIVITY = CHANNEL_ACTIVITY + 3
ACTIVITY = FINE_ACTIVITY + 1
LEVEL = ACTIVITY + HIGHEST_ACTIVITY - LOWEST_ACTIVITY + 1
SIZE = LEVEL + LEVELS
PLANE = SIZE + SIZES
WIDTH = PLANE + 2


def levels_of(height, width):
    """How many levels a picture's lattice has: the least L with 2^L >= both sides."""
    return (max(height, width) - 1).bit_length()


@njit(cache=True)
def sub_lattice(kind, cut, u, v):
    """Which sub-lattice of its step a position (u, v), in units of the spacing, belongs to."""
    if kind == CENTRES:
        i, j = (u >> 1) & 1, (v >> 1) & 1
        if cut == 1:
            return 0
        return i ^ j if cut == 2 else 2 * (i ^ j) + i
    if cut == 1:
        return 0
    return u & 1 if cut == 2 else 2 * (u & 1) + (((u >> 1) + (v >> 1)) & 1)


def step_masks():
    """uint8 [kind, cut, u mod 4, v mod 4, neighbour]: what is known around a position of a step, borders apart."""
    masks = np.zeros((2, len(CUTS), 4, 4, NEIGHBOURS), np.uint8)
    for kind in (CENTRES, QUINCUNX):
        for c, cut in enumerate(CUTS):
            for u in range(4):
                for v in range(4):
                    for o, (dy, dx) in enumerate(OFFSETS):
                        a, b = u + dy + 8, v + dx + 8
                        earlier = (a % 2 == 0 and b % 2 == 0) if kind == CENTRES else (a + b) % 2 == 0
                        mates = (a % 2 == 1 and b % 2 == 1) if kind == CENTRES else (a + b) % 2 == 1
                        before = mates and sub_lattice(kind, cut, a, b) < sub_lattice(kind, cut, u, v)
                        masks[kind, c, u, v, o] = earlier or before
    return masks


STEP_MASKS = step_masks()


def steps(height, width, cuts=(1, 1)):
    """The calls that reveal a picture, in order: (spacing, kind, ys, xs), none empty. The pixel (0, 0) is known before the first.

    cuts: sub-lattices of a CENTRES and of a QUINCUNX step; numbers, or lists by level, finest first (the last one goes on).
    """
    for level in range(levels_of(height, width) - 1, -1, -1):
        s = 1 << level
        u, v = np.mgrid[0 : -(-height // s), 0 : -(-width // s)]
        for kind in (CENTRES, QUINCUNX):
            cut = cut_at(cuts[kind], level)
            member = (u % 2 == 1) & (v % 2 == 1) if kind == CENTRES else (u + v) % 2 == 1
            part = np.array([[sub_lattice(kind, cut, a, b) for b in range(4)] for a in range(4)])[u % 4, v % 4]
            for sub in range(cut):
                chosen = np.nonzero(member & (part == sub))
                if len(chosen[0]):
                    yield s, kind, chosen[0] * s, chosen[1] * s


def cut_at(cut, level):
    return cut if isinstance(cut, int) else cut[min(level, len(cut) - 1)]


@njit(cache=True)
def bit_length(n):
    bits = 0
    while n:
        n >>= 1
        bits += 1
    return bits


@njit(cache=True)
def row(out, base, blob, start, stride, height, width, y, x, s, mask, order, plane, to_grey, size):
    """Features of one position (uint8 [WIDTH]) and the base of its channels (int64 [3]); returns the activity.

    blob uint8: pixel (y, x) of the picture has its channels at start + 3 (y stride + x). mask: which neighbours are known, borders apart.
    order: neighbour that each place in the row describes (the identity; another symmetry of the square in training).
    to_grey: read every pixel as (R + 2 G + B + 2) >> 2 in all channels.
    """
    out[:] = ZERO
    values = np.empty((3, NEIGHBOURS), np.int32)
    places = np.empty(NEIGHBOURS, np.int32)
    count, ring = 0, 0
    weight, total0, total1, total2 = 0, 0, 0, 0
    for o in range(NEIGHBOURS):
        n = order[o]
        if mask[n] == 0:
            continue
        qy, qx = y + DY[n] * s, x + DX[n] * s
        if qy < 0 or qy >= height or qx < 0 or qx >= width:
            continue
        at = start + 3 * (qy * stride + qx)
        r, g, b = np.int32(blob[at]), np.int32(blob[at + 1]), np.int32(blob[at + 2])
        if to_grey:
            g = (r + 2 * g + b + 2) >> 2
            r = b = g
        values[0, count], values[1, count], values[2, count] = r, g, b
        places[count] = o
        count += 1
        out[MASK + o] = ONE
        w = BASE_WEIGHT[n]
        if w:
            ring += 1
            weight += w
            total0 += w * r
            total1 += w * g
            total2 += w * b
    if count == 0:
        base[0] = base[1] = base[2] = 128
    else:
        if weight == 0:
            weight = count
            for i in range(count):
                total0 += values[0, i]
                total1 += values[1, i]
                total2 += values[2, i]
        base[0] = (2 * total0 + weight) // (2 * weight)
        base[1] = (2 * total1 + weight) // (2 * weight)
        base[2] = (2 * total2 + weight) // (2 * weight)
    activity, mantissa = LOWEST_ACTIVITY, 0
    if count:
        counted = count + 2 * ring
        spread = np.empty(3, np.int64)
        for c in range(3):
            of_all, of_ring = np.int32(0), np.int32(0)
            here = np.int32(base[c])
            for i in range(count):
                rel = values[c, i] - here
                values[c, i] = rel
                of_all += abs(rel)
            if ring:
                for i in range(count):
                    if IN_RING[places[i]]:
                        of_ring += abs(values[c, i])
            spread[c] = of_all + 2 * of_ring
        sum4 = 4 * (spread[0] + spread[1] + spread[2]) // counted
        activity = min(max(bit_length(sum4) - 1, LOWEST_ACTIVITY), HIGHEST_ACTIVITY)
        mantissa = (sum4 << 6) >> activity
        # A unit of the inputs is 2^(activity - 7) levels.
        for c in range(3):
            out[CHANNEL_ACTIVITY + c] = ZERO + min(127, (spread[c] << 9) // (counted << activity))
            for i in range(count):
                scaled = (((values[c, i] << 8) >> activity) + 1) >> 1
                out[VALUES + c * NEIGHBOURS + places[i]] = ZERO + min(127, max(-127, scaled))
    for c in range(3):
        out[BASE + c] = base[c]
    out[FINE_ACTIVITY] = ZERO + min(127, mantissa)
    out[ACTIVITY + activity - LOWEST_ACTIVITY] = ONE
    out[LEVEL + min(LEVELS - 1, bit_length(s) - 1)] = ONE
    out[SIZE + size] = ONE
    if plane:
        out[PLANE + plane - 1] = ONE
    return activity


def size_code(height, width):
    return min(max(levels_of(height, width), 4), 8) - 4


@njit(cache=True)
def step_rows(pixels, s, kind, cut_index, ys, xs, plane, size, masks, identity):
    """Rows of the positions of one call: (features uint8 [n, WIDTH], base int64 [n, 3], activity int64 [n])."""
    height, width = pixels.shape[0], pixels.shape[1]
    n = len(ys)
    out, base, activity = np.empty((n, WIDTH), np.uint8), np.empty((n, 3), np.int64), np.empty(n, np.int64)
    flat = pixels.reshape(-1)
    for i in range(n):
        mask = masks[kind, cut_index, (ys[i] // s) & 3, (xs[i] // s) & 3]
        activity[i] = row(out[i], base[i], flat, 0, width, height, width, ys[i], xs[i], s, mask, identity, plane, False, size)
    return out, base, activity


IDENTITY = np.arange(NEIGHBOURS)


def rows_of(pixels, s, kind, cut, ys, xs, plane=RGB):
    """Rows of the positions of one call of the lattice order, from the whole picture uint8 [height, width, 3]."""
    size = size_code(*pixels.shape[:2])
    return step_rows(np.ascontiguousarray(pixels), s, kind, CUTS.index(cut), ys, xs, plane, size, STEP_MASKS, IDENTITY)
