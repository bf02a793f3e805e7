"""Train the two networks of a model of pictures.

    train.py --data DIR --config pictures-1.json --run DIR [--minutes M] [--from RUN]

Seeded and resumable: started again with the same --run it goes on from the last checkpoint. --from begins a run with the weights of another. The run is as long as the config's `pixels`
or, with --minutes, as fits (the learning rate fades by the clock then, and two runs differ).
"""
import argparse
import json
import math
import time
from pathlib import Path

import numpy as np
import torch
from numba import njit

from lattice import (ALPHA, CENTRES, CUTS, GREY, IDENTITY, NEIGHBOURS, OFFSETS, QUINCUNX, RGB, STEP_MASKS, WIDTH, bit_length, row)
from logistics import costs
from loss import loss_and_gradient
from network import Network, Optimiser, exact, threads

BATCH = {CENTRES: 2048, QUINCUNX: 4096}
TOGETHER, NEAR = 8, 64  # positions drawn at once from a square of one picture and level, and its side: what is near is in the cache
NAMES = {CENTRES: "centres", QUINCUNX: "quincunx"}


def symmetries():
    """The eight symmetries of the square, as places of neighbours: int64 [8, NEIGHBOURS]."""
    where = {tuple(o): i for i, o in enumerate(OFFSETS.tolist())}
    maps = [lambda y, x: (y, x), lambda y, x: (y, -x), lambda y, x: (-y, x), lambda y, x: (-y, -x)]
    both = maps + [lambda y, x, m=m: m(x, y) for m in maps]
    return np.array([[where[m(y, x)] for y, x in OFFSETS.tolist()] for m in both], np.int64)


SYMMETRIES = symmetries()


@njit(cache=True)
def sample(seed, kind, blob, index, areas, firsts, chances, shares, masks, symmetries, rows, base, activity, values, planes):
    """Fills rows of random positions of one kind of step.

    index int64 [pictures, 5] as data.py writes it, sorted by group; areas: running sums of pixels; firsts [groups + 1]: first picture of each
    group; chances: running sums of the groups' shares. shares: [cut step, random mask, part of a picture, as grey].
    """
    np.random.seed(seed)
    mask = np.empty(NEIGHBOURS, np.uint8)
    n = 0
    while n < len(rows):
        group = np.searchsorted(chances, np.random.random(), side="right")
        first, last = firsts[group], firsts[group + 1]
        low = areas[first - 1] if first else 0
        picture = np.searchsorted(areas, low + np.random.random() * (areas[last - 1] - low), side="right")
        at, height, width, drawn = index[picture, 0], index[picture, 1], index[picture, 2], index[picture, 4]
        stride = width
        if np.random.random() < shares[2] and min(height, width) > 16:
            h, w = min(height, int(2 ** np.random.uniform(2, 8))), min(width, int(2 ** np.random.uniform(2, 8)))
            at += 3 * (np.random.randint(height - h + 1) * stride + np.random.randint(width - w + 1))
            height, width = h, w
        levels = bit_length(max(height, width) - 1)
        if levels == 0:
            continue
        level = 0
        while level < levels - 1 and np.random.random() < 0.3:
            level += 1
        s = 1 << level
        below, across = (height + s - 1) >> level, (width + s - 1) >> level
        if kind == CENTRES and (below < 2 or across < 2):
            continue
        size = min(max(levels, 4), 8) - 4
        top, left = np.random.randint(max(1, below - NEAR + 1)), np.random.randint(max(1, across - NEAR + 1))
        for _ in range(min(TOGETHER, len(rows) - n)):
            u, v = top + np.random.randint(min(NEAR, below)), left + np.random.randint(min(NEAR, across))
            if kind == CENTRES:
                u, v = (u | 1) - 2 * (u | 1 >= below), (v | 1) - 2 * (v | 1 >= across)
            elif (u + v) & 1 == 0:
                v = v ^ 1 if v ^ 1 < across else v - 1
                if v < 0:
                    u, v = u ^ 1, 0
                if u >= below:
                    u -= 2
            y, x = u * s, v * s
            how = np.random.random()
            if how < shares[1] and kind == QUINCUNX:
                y, x = np.random.randint(height), np.random.randint(width)
                density, raster = np.random.random(), np.random.random() < 0.2
                for o in range(NEIGHBOURS):
                    # Before it in raster order, or each with the same chance.
                    mask[o] = 2 * o < NEIGHBOURS if raster else np.random.random() < density
            else:
                cut = np.random.randint(1, len(CUTS)) if how > 1 - shares[0] else 0
                for o in range(NEIGHBOURS):
                    mask[o] = masks[kind, cut, u & 3, v & 3, o]
            to_grey = drawn == RGB and np.random.random() < shares[3]
            plane = GREY if to_grey else drawn
            order = symmetries[np.random.randint(8)]
            activity[n] = row(rows[n], base[n], blob, at, stride, height, width, y, x, s, mask, order, plane, to_grey, size)
            here = at + 3 * (y * stride + x)
            for c in range(3):
                values[n, c] = blob[here + c]
            if to_grey:
                values[n, 1] = (values[n, 0] + 2 * values[n, 1] + values[n, 2] + 2) >> 2
                values[n, 0] = values[n, 2] = values[n, 1]
            planes[n] = plane
            n += 1


class Pixels:
    """Random positions of a packed set; batch n of a seed is the same on every machine."""

    def __init__(self, folder, name, config):
        index = np.load(folder / f"{name}.index.npy")
        self.index = index[np.argsort(index[:, 3], kind="stable")]
        self.blob = np.fromfile(folder / f"{name}.bin", np.uint8)  # in huge pages, not a map of small ones
        self.areas = np.cumsum(self.index[:, 1] * self.index[:, 2]).astype(np.float64)
        chances = np.array(config["groups"], np.float64)
        self.firsts = np.searchsorted(self.index[:, 3], np.arange(len(chances) + 1))
        chances[np.diff(self.firsts) == 0] = 0
        self.chances = np.cumsum(chances / chances.sum())
        self.shares = np.array([config[k] for k in ("cutShare", "randomMaskShare", "partShare", "greyShare")])

    def batch(self, seed, kind, n, chances=None, shares=None):
        rows, base, activity = np.empty((n, WIDTH), np.uint8), np.empty((n, 3), np.int64), np.empty(n, np.int64)
        values, planes = np.empty((n, 3), np.int64), np.empty(n, np.int64)
        sample(
            seed % 2**32, kind, self.blob, self.index, self.areas, self.firsts, self.chances if chances is None else chances,
            self.shares if shares is None else shares, STEP_MASKS, SYMMETRIES, rows, base, activity, values, planes,
        )
        return rows, base, activity, values, planes


def held_out(pixels, groups, n=6000):
    """{name: batch}: positions of held-out pictures, group by group, of uncut steps and of random masks."""
    sets = {}
    for kind in (CENTRES, QUINCUNX):
        for g, name in enumerate(groups):
            if pixels.firsts[g] == pixels.firsts[g + 1]:
                continue
            chances = np.cumsum(np.arange(len(groups)) == g).astype(np.float64)
            sets[kind, name] = pixels.batch(91 + g, kind, n, chances, np.zeros(4))
            if kind == QUINCUNX and name in ("photos", "cifar"):
                sets[kind, name + "-random"] = pixels.batch(191 + g, kind, n, chances, np.array([0, 1.0, 0, 0]))
                sets[kind, name + "-cut"] = pixels.batch(291 + g, kind, n, chances, np.array([1.0, 0, 0, 0]))
    return sets


def exact_rate(network, batch):
    """Bits a sample, from integer frequencies."""
    rows, base, activity, values, planes = batch
    outputs = exact(network.integers(), rows)
    total, samples = 0.0, 0
    for grey in (False, True):
        chosen = (planes != RGB) == grey
        if chosen.any():
            total += costs(outputs[chosen], base[chosen], activity[chosen], values[chosen], grey).sum()
            samples += int(chosen.sum()) * (1 if grey else 3)
    return total / samples


def load_weights(networks, saved):
    for network, parameters in zip(networks, saved):
        for mine, theirs in zip(network.parameters, parameters):
            mine.copy_(theirs)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True, type=Path)
    parser.add_argument("--config", required=True, type=Path)
    parser.add_argument("--run", required=True, type=Path)
    parser.add_argument("--minutes", type=float)
    parser.add_argument("--from", dest="start", type=Path)
    parser.add_argument("--set", action="append", default=[], help="KEY=JSON, over the config's")
    args = parser.parse_args()
    config = json.loads(args.config.read_text())
    config.update({k: json.loads(v) for k, v in (item.split("=", 1) for item in args.set)})
    threads(1)
    args.run.mkdir(parents=True, exist_ok=True)
    (args.run / "config.json").write_text(json.dumps(config, indent=1))
    pixels = Pixels(args.data, "train", config)
    sets = held_out(Pixels(args.data, "valid", config), config["groupNames"])
    networks = [Network(config["hidden"], config["shifts"], config["seed"] + kind) for kind in (CENTRES, QUINCUNX)]
    optimisers = [Optimiser(n, config["rate"]) for n in networks]
    checkpoint, steps, read, before = args.run / "checkpoint.pt", 0, 0, 0.0
    if not checkpoint.exists() and args.start:
        load_weights(networks, torch.load(args.start / "checkpoint.pt")["parameters"])
    if checkpoint.exists():
        state = torch.load(checkpoint)
        steps, read, before = state["steps"], state["pixels"], state["seconds"]
        load_weights(networks, state["parameters"])
        for optimiser, saved in zip(optimisers, state["optimisers"]):
            optimiser.load(saved)
        print(f"resumed at step {steps}")
    log = open(args.run / "log.jsonl", "a", buffering=1)
    begun, saved_at, told = time.time(), time.time(), 0.0
    sums, counts = np.zeros(2), np.zeros(2)

    def save():
        temporary = checkpoint.with_suffix(".new")
        torch.save(
            {"steps": steps, "pixels": read, "seconds": seconds, "config": config, "parameters": [n.parameters for n in networks],
             "optimisers": [o.state() for o in optimisers]}, temporary)
        temporary.replace(checkpoint)

    while True:
        seconds = before + time.time() - begun
        fraction = seconds / 60 / args.minutes if args.minutes else read / config["pixels"]
        done = fraction >= 1
        rate = config["rate"] * min(1.0, (steps + 1) / 300) * 0.5 * (1 + math.cos(math.pi * min(1.0, fraction)))
        for kind, (network, optimiser) in enumerate(zip(networks, optimisers)):
            if done:
                break
            network.quantised = fraction >= config["quantiseFrom"]
            rows, base, activity, values, planes = pixels.batch(config["seed"] * 10**6 + 2 * steps + kind, kind, BATCH[kind])
            outputs, kept = network.forward(rows)
            bits, d = loss_and_gradient(outputs.numpy(), base, activity, values, planes)
            d = torch.from_numpy(d)
            samples = int((planes == RGB).sum()) * 3 + int((planes != RGB).sum())
            norm = d.norm(dim=1, keepdim=True)
            d.mul_((config["longest"] / (norm + 1e-6)).clamp_(max=1.0) / BATCH[kind])
            network.backward(kept, outputs, d)
            optimiser.step(rate)
            network.limit()
            sums[kind] += bits
            counts[kind] += samples
        if not done:
            steps += 1
            read += sum(BATCH.values())
        if done or seconds - told > 150:
            told = seconds
            line = {"steps": steps, "megapixels": round(read / 1e6, 1), "seconds": round(seconds), "fraction": round(fraction, 4),
                    "train": [round(x, 4) for x in (sums / np.maximum(counts, 1)).tolist()],
                    "valid": {f"{NAMES[k]}-{name}": round(exact_rate(networks[k], b), 4) for (k, name), b in sets.items()}}
            sums[:], counts[:] = 0, 0
            log.write(json.dumps(line) + "\n")
            short = {k: v for k, v in line["valid"].items() if k.startswith("quincunx")}
            print(f"{fraction:6.1%} {line['megapixels']:7.1f} M {seconds:5.0f} s  train {line['train']}  {short}", flush=True)
        if done or time.time() - saved_at > 180:
            saved_at = time.time()
            save()
        if done:
            break


if __name__ == "__main__":
    main()
