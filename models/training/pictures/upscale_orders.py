"""Rate against network calls of the Upscale variant on CIFAR-10: lattices, and random orders with the dynamic program over all stages.

    upscale_orders.py --run RUN --sets DIR [--pictures 1017] [--out upscale.json]

The losses that the program minimises are measured on batch 5, the rates on the test batch; whole outputs, probabilities in floats, without
any header.
"""
import argparse
import json
from functools import partial
from pathlib import Path

import numpy as np
from numba import njit

from byte_products import ByteNetwork
from data import cifar_batch
from lattice import IDENTITY, NEIGHBOURS, WIDTH, steps
from network import threads
from orders import BUDGETS, SPACINGS, choose_spacing, losses, random_orders, schedules
from upscale import STAGES, SUBS, costs, load, stage_row, sub_of

ROWS = 1 << 13  # at once


@njit(cache=True)
def stage_rows(pixels, known, ys, xs, stage, spacings, rows, activity):
    """Rows of positions, given which digits of this stage are known, uint8 [height, width]; the spacing as orders.py chooses it."""
    height, width = known.shape
    flat = pixels.reshape(-1)
    mask, best_mask = np.empty(NEIGHBOURS, np.uint8), np.empty(NEIGHBOURS, np.uint8)
    for i in range(len(ys)):
        chosen = choose_spacing(known, ys[i], xs[i], spacings, mask, best_mask)
        activity[i] = stage_row(rows[i], flat, 0, height, width, ys[i], xs[i], stage, chosen, best_mask, IDENTITY)


def costs_at(network, stage, pictures, knowns, places, spacing=None):
    """Bits of a stage's digits at places int64 [pictures, n] (y width + x) given knowns uint8 [pictures, height, width] -> float64 [pictures, n]."""
    count, height, width, _ = pictures.shape
    n = places.shape[1]
    # Once the stages before are known, there is something to see next to every position.
    spacings = SPACINGS[:1] if stage else SPACINGS if spacing is None else np.array([spacing])
    rows, activity = np.empty((count * n, WIDTH), np.uint8), np.empty(count * n, np.int64)
    values = np.take_along_axis(pictures.reshape(count, -1, 3), places[..., None], 1).reshape(-1, 3).astype(np.int64)
    for p in range(count):
        part = slice(p * n, (p + 1) * n)
        stage_rows(pictures[p], knowns[p], *np.divmod(places[p], width), stage, spacings, rows[part], activity[part])
    parts = [costs(network(rows[i : i + ROWS]), activity[i : i + ROWS], values[i : i + ROWS], stage) for i in range(0, len(rows), ROWS)]
    return np.concatenate(parts).reshape(count, n)


def in_calls(network, pictures, calls, stage, known):
    """Bits of each picture. calls: (places int64 [pictures, n], spacing or None), in order; known uint8 [pictures, places] is filled."""
    bits = np.zeros(len(pictures))
    for places, spacing in calls:
        bits += costs_at(network, stage, pictures, known.reshape(pictures.shape[:3]), places, spacing).sum(1)
        np.put_along_axis(known, places, 1, 1)
    return bits


def lattice_calls(count, height, width, stage, subs):
    """The lattice's steps in the first stage, after the pixel (0, 0); in others its finest, cut into `subs` sub-lattices."""
    if stage == 0:
        for s, _, ys, xs in steps(height, width):
            yield np.tile(ys * width + xs, (count, 1)), s
        return
    y, x = np.mgrid[0:height, 0:width]
    sub = np.array([sub_of(subs, a, b) for a, b in zip(y.reshape(-1), x.reshape(-1))])
    for i in range(subs):
        yield np.tile(np.flatnonzero(sub == i), (count, 1)), None


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
    count, height, width, _ = pictures.shape
    result = {"pictures": count, "upscaleLattice": [], "upscaleRandom": []}

    def tell(kind, calls, bits, by_stage):
        stages = [round(float(b) / pictures.size, 4) for b in by_stage]
        result[kind].append({"calls": int(calls), "bitsPerDimension": round(float(bits) / pictures.size, 4), "byStage": stages})
        print(kind, result[kind][-1], flush=True)

    first = 0.0
    for subs in SUBS.tolist():
        bits, calls = [], 0
        for stage, network in enumerate(networks):
            if stage == 0 and subs > 1:
                bits.append(first)
                calls += 10
                continue
            known = np.zeros((count, height * width), np.uint8)
            made = list(lattice_calls(count, height, width, stage, subs))
            calls += len(made)
            if stage == 0:
                known[:, 0] = 1
            bits.append(in_calls(network, pictures, made, stage, known).sum() + (6 * count if stage == 0 else 0))
            first = bits[0]
        tell("upscaleLattice", calls, sum(bits), bits)
    loss = [losses(partial(costs_at, network, stage), held_out, 5 + stage) for stage, network in enumerate(networks)]
    for budget in BUDGETS:
        bits = []
        chosen = schedules(loss, budget)
        for stage, (network, starts) in enumerate(zip(networks, chosen)):
            order = random_orders(count, height * width, 11 + stage)
            ends = [*starts[1:], height * width]
            known = np.zeros((count, height * width), np.uint8)
            bits.append(in_calls(network, pictures, [(order[:, a:b], None) for a, b in zip(starts, ends)], stage, known).sum())
        tell("upscaleRandom", sum(map(len, chosen)), sum(bits), bits)
    if args.out:
        args.out.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
