"""Rate against network calls on 32x32 pictures: the lattice, the paper's random order with its dynamic program, a raster wavefront.

    orders.py --run DIR --sets DIR [--pictures 1017] [--out orders.json]

The losses that the dynamic program minimises are measured on CIFAR-10's batch 5, the rates on the test batch.
"""
import argparse
import json
from functools import partial
from pathlib import Path

import numpy as np
from numba import njit

from byte_products import ByteNetwork
from coding import row_costs
from data import cifar_batch
from evaluate import CUTS, load, small_pictures
from lattice import DX, DY, IDENTITY, NEIGHBOURS, QUINCUNX, RGB, WIDTH, row, size_code
from network import threads

SPACINGS = np.array([1, 2, 4, 8, 16])
ENOUGH = 3  # known pixels of a window
BUDGETS = (5, 10, 20, 50, 100, 250, 1024)
MEASURED = (0, 1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512, 640, 768, 896, 960, 1000, 1016)  # known pixels
LAGS = (1, 2, 4, 8, 32)  # pixels that a row of a wavefront runs behind the row above; 32: plain raster order


@njit(cache=True)
def choose_spacing(known, y, x, spacings, mask, best_mask):
    """The spacing of a position's window in any order (pictures.md section 2); its mask of what is known goes to best_mask, mask is room."""
    height, width = known.shape
    best, chosen = -1, 0
    for s in spacings:
        count = 0
        for o in range(NEIGHBOURS):
            ny, nx = y + DY[o] * s, x + DX[o] * s
            mask[o] = 0 <= ny < height and 0 <= nx < width and known[ny, nx]
            count += mask[o]
        if count > best:
            best, chosen = count, s
            best_mask[:] = mask
        if best >= ENOUGH:
            break
    return chosen


@njit(cache=True)
def known_rows(pixels, known, ys, xs, size, spacings, identity, rows, base, activity):
    """Rows of positions in any order (pictures.md section 2): known uint8 [height, width]."""
    height, width = known.shape
    flat = pixels.reshape(-1)
    mask, best_mask = np.empty(NEIGHBOURS, np.uint8), np.empty(NEIGHBOURS, np.uint8)
    for i in range(len(ys)):
        chosen = choose_spacing(known, ys[i], xs[i], spacings, mask, best_mask)
        activity[i] = row(rows[i], base[i], flat, 0, width, height, width, ys[i], xs[i], chosen, best_mask, identity, RGB, False, size)


def costs_at(network, pictures, knowns, places):
    """Bits of each pixel: places int64 [pictures, n] (y width + x) given knowns uint8 [pictures, height, width] -> float64 [pictures, n]."""
    count, height, width, _ = pictures.shape
    n = places.shape[1]
    rows, base, activity = np.empty((count * n, WIDTH), np.uint8), np.empty((count * n, 3), np.int64), np.empty(count * n, np.int64)
    values = np.empty((count * n, 3), np.uint8)
    for p in range(count):
        part = slice(p * n, (p + 1) * n)
        ys, xs = np.divmod(places[p], width)
        known_rows(pictures[p], knowns[p], ys, xs, size_code(height, width), SPACINGS, IDENTITY, rows[part], base[part], activity[part])
        values[part] = pictures[p, ys, xs]
    return row_costs(network, rows, base, activity, values, False).sum(1).reshape(count, n)


def random_orders(count, places, seed):
    rng = np.random.default_rng(seed)
    return np.stack([rng.permutation(places) for _ in range(count)])


def losses(measure, pictures, seed=5):
    """Expected bits of a pixel once t are known, float64 [places]: measured at some t by measure(pictures, knowns, places), linear between them."""
    count, height, width, _ = pictures.shape
    places = height * width
    order = random_orders(count, places, seed)
    measured = []
    for t in MEASURED:
        knowns = np.zeros((count, places), np.uint8)
        np.put_along_axis(knowns, order[:, :t], 1, 1)
        measured.append(measure(pictures, knowns.reshape(count, height, width), order[:, t : t + 8]).mean())
    return np.interp(np.arange(places), MEASURED, np.minimum.accumulate(measured))


@njit(cache=True)
def cheapest(loss, budget):
    """The paper's dynamic program (section 3.2): the least sum of losses with k calls until `to` are known, float64 [budget + 1, places + 1], and
    how many were known before the last of them."""
    places = len(loss)
    cost = np.full((budget + 1, places + 1), np.inf)
    last = np.zeros((budget + 1, places + 1), np.int64)
    cost[0, 0] = 0
    for k in range(1, budget + 1):
        for to in range(1, places + 1):
            for start in range(to):
                c = cost[k - 1, start] + (to - start) * loss[start]
                if c < cost[k, to]:
                    cost[k, to], last[k, to] = c, start
    return cost, last


def schedules(losses, budget):
    """For each of several stages, coded one after another, the numbers known before each of its calls: together at most `budget`, and of the least
    sum of losses."""
    tables = [cheapest(loss, min(budget, len(loss))) for loss in losses]
    best, choices = np.zeros(budget + 1), []
    for cost, _ in tables:
        of_stage = np.full(budget + 1, np.inf)
        of_stage[: len(cost)] = cost[:, -1]
        sums = [best[: total + 1] + of_stage[total::-1] for total in range(budget + 1)]
        choices.append([int(np.argmin(s)) for s in sums])  # calls of the stages before
        best = np.array([s.min() for s in sums])
    total, found = int(np.argmin(best)), []
    for (_, last), choice in zip(tables[::-1], choices[::-1]):
        starts, to = [], last.shape[1] - 1
        for k in range(total - choice[total], 0, -1):
            to = int(last[k, to])
            starts.append(to)
        found.append(np.array(starts[::-1]))
        total = choice[total]
    return found[::-1]


def by_schedule(network, pictures, order, starts):
    """Bits of each picture, coded in `order` [pictures, places] with calls that begin at `starts`."""
    count, height, width, _ = pictures.shape
    bits = np.zeros(count)
    known = np.zeros((count, height * width), np.uint8)
    for start, end in zip(starts, [*starts[1:], order.shape[1]]):
        chosen = order[:, start:end]
        bits += costs_at(network, pictures, known.reshape(count, height, width), chosen).sum(1)
        np.put_along_axis(known, chosen, 1, 1)
    return bits


def wavefront(height, width, lag):
    """Raster order by skewed wavefronts: [places] and the starts of its calls. Row y runs `lag` pixels behind the row above."""
    y, x = np.mgrid[0:height, 0:width]
    when = (x + lag * y).reshape(-1)
    order = np.argsort(when, kind="stable")
    return order, np.flatnonzero(np.diff(when[order], prepend=-1))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--run", required=True, type=Path)
    parser.add_argument("--sets", required=True, type=Path)
    parser.add_argument("--pictures", type=int, default=1017)
    parser.add_argument("--out", type=Path)
    args = parser.parse_args()
    threads(1)
    networks = [ByteNetwork(layers) for layers in load(args.run)]
    folder = args.sets / "cifar10"
    pictures = np.ascontiguousarray(cifar_batch(folder / "test_batch.first1017.bin")[: args.pictures])
    held_out = np.ascontiguousarray(cifar_batch(folder / "data_batch_5.first1017.bin")[:300])
    result = {"pictures": len(pictures), "lattice": [], "random": [], "wavefront": []}

    def tell(kind, calls, bits):
        result[kind].append({"calls": int(calls), "bitsPerDimension": round(float(bits.sum()) / pictures.size, 4)})
        print(kind, result[kind][-1], flush=True)

    for cuts in CUTS.values():
        bits, calls = small_pictures(networks, pictures, cuts)
        tell("lattice", calls, bits)
    loss = losses(partial(costs_at, networks[QUINCUNX]), held_out)
    result["loss"] = {str(t): round(loss[t], 3) for t in (0, 1, 4, 16, 64, 256, 512, 768, 1000)}
    order = random_orders(len(pictures), 1024, 11)
    for budget in BUDGETS:
        starts = schedules([loss], budget)[0] if budget < 1024 else np.arange(1024)
        tell("random", len(starts), by_schedule(networks[QUINCUNX], pictures, order, starts))
    for lag in LAGS:
        order, starts = wavefront(32, 32, lag)
        tell("wavefront", len(starts), by_schedule(networks[QUINCUNX], pictures, np.tile(order, (len(pictures), 1)), starts))
    if args.out:
        args.out.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
