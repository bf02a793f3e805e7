"""What pictures cost in exact integers, call by call: the reference of an encoder (a decoder computes the same, step after step)."""
import numpy as np

from lattice import ALPHA, GREY, RGB, cut_at, rows_of, steps
from logistics import costs

ROWS = 1 << 13  # at once


def planes_of(pixels):
    """[(plane, uint8 [height, width, 3])] of a picture of 1, 3 or 4 channels."""
    if pixels.shape[2] == 1:
        return [(GREY, np.repeat(pixels, 3, 2))]
    if pixels.shape[2] == 4:
        return [(ALPHA, np.repeat(pixels[..., 3:], 3, 2)), (RGB, pixels[..., :3])]
    return [(RGB, pixels)]


def row_costs(network, rows, base, activity, values, grey):
    """Bits of each sample, float64 [n, 3], in the order green, red, blue. network: uint8 rows -> int64 outputs."""
    parts = []
    for i in range(0, len(rows), ROWS):
        part = slice(i, i + ROWS)
        parts.append(costs(network(rows[part]), base[part], activity[part], values[part], grey))
    return np.concatenate(parts)


def picture_cost(networks, pixels, cuts=(1, 1)):
    """Bits of a picture, uint8 [height, width, 1, 3 or 4], without any header, and the number of calls.

    networks: of CENTRES and of QUINCUNX steps, as in `row_costs`. Returns (bits, calls, {(spacing, kind): bits}).
    """
    by_step, calls = {}, 0
    bits = 8.0 * pixels.shape[2]  # the first pixel is stored as it is
    for n, (plane, samples) in enumerate(planes_of(pixels)):
        for s, kind, ys, xs in steps(*pixels.shape[:2], cuts):
            cut = cut_at(cuts[kind], s.bit_length() - 1)
            rows, base, activity = rows_of(samples, s, kind, cut, ys, xs, plane)
            spent = row_costs(networks[kind], rows, base, activity, samples[ys, xs], plane != RGB).sum()
            by_step[s, kind] = by_step.get((s, kind), 0.0) + spent
            bits += spent
            calls += n == 0
    return bits, calls, by_step
