"""The paper's Upscale variant (Hoogeboom et al. 2022, section 3.2) for small pictures, trained: most significant bits first, b = 4.

    upscale.py --data DIR --config pictures-1.json --run RUN [--positions 10000000]

Four stages; stage t codes two bits, a **digit**, of every sample, the highest first, in an order of its own over the positions. A network for each
stage, of the size of one of pictures-1's and with its outputs: a mixture of logistics over the three channels (pictures.md section 6), each cut to the
values that agree with the digits before (the paper's data parametrisation). Trained on CIFAR-10 alone; a third of the masks is of random orders,
the others are of lattices. Seeded and resumable.
"""
import argparse
import json
import math
import time
from pathlib import Path

import numpy as np
import torch
from numba import njit

from lattice import (ACTIVITY, BASE, CENTRES, CHANNEL_ACTIVITY, DX, DY, FINE_ACTIVITY, HIGHEST_ACTIVITY, IN_RING, LEVEL, LOWEST_ACTIVITY, MASK, NEIGHBOURS,
                     ONE, QUINCUNX, STEP_MASKS, VALUES, WIDTH, ZERO, bit_length)
from logistics import COUPLINGS, K, LOGITS, MEANS, SCALE_COUNT, SCALE_STEPS, SCALES
from network import UNIT, Network, Optimiser, exact, threads
from train import SYMMETRIES, Pixels

STAGES = 4
BATCH = 1536  # of each stage: four of them are as many rows as a step of train.py
RANDOM_SHARE = 1 / 3
OUTSIDE = 64  # byte of the mask beyond the border
FLOOR = 2.0**-14  # of every digit's probability
FAR = 1e5  # stands for infinity
SUBS = np.array([1, 2, 4, 16])  # sub-lattices that a stage after the first can be cut into


@njit(cache=True)
def sub_of(subs, y, x):
    """Which of 1, 2, 4 or 16 sub-lattices a position belongs to: coarse to fine, as the lattice's steps reveal a picture."""
    four = (0 if x & 1 == 0 else 2) if y & 1 == 0 else (1 if x & 1 else 3)
    if subs == 1:
        return 0
    if subs == 2:
        return (y + x) & 1
    if subs == 4:
        return four
    y, x = (y >> 1) & 1, (x >> 1) & 1
    return 4 * four + ((0 if x == 0 else 2) if y == 0 else (1 if x else 3))


@njit(cache=True)
def middle(value, bits):
    """Twice the middle of the values that agree with `value` but for its lowest `bits` bits."""
    return 2 * ((value >> bits) << bits) + (1 << bits) - 1


@njit(cache=True)
def stage_row(out, flat, start, height, width, y, x, stage, s, mask, order):
    """Features of a position, uint8 [WIDTH], in the columns of pictures.md section 4; returns its activity.

    mask: neighbours whose digit of this stage is known; of the others the digits before are. Differences are to the middle of what is known of
    the position itself, in halves of a level, scaled by their spread as in section 3.
    """
    out[:] = ZERO
    rest = 8 - 2 * stage  # bits of a sample that are unknown before this stage
    here = start + 3 * (y * width + x)
    own = np.empty(3, np.int64)
    for c in range(3):
        own[c] = middle(np.int64(flat[here + c]), rest)
        out[BASE + c] = own[c] >> 1
    rel = np.zeros((3, NEIGHBOURS), np.int64)
    spread = np.zeros(3, np.int64)
    counted = 0
    for o in range(NEIGHBOURS):
        n = order[o]
        qy, qx = y + DY[n] * s, x + DX[n] * s
        if qy < 0 or qy >= height or qx < 0 or qx >= width:
            out[MASK + o] = OUTSIDE
            continue
        if mask[n]:
            out[MASK + o] = ONE
        elif stage == 0:
            continue
        weight = 3 if IN_RING[n] else 1
        counted += weight
        at = start + 3 * (qy * width + qx)
        for c in range(3):
            rel[c, o] = middle(np.int64(flat[at + c]), rest - 2 if mask[n] else rest) - own[c]
            spread[c] += weight * abs(rel[c, o])
    activity = LOWEST_ACTIVITY
    if counted:
        q = 2 * (spread[0] + spread[1] + spread[2]) // counted
        activity = min(max(bit_length(q) - 1, LOWEST_ACTIVITY), HIGHEST_ACTIVITY)
        out[FINE_ACTIVITY] = ZERO + min(127, (q << 6) >> activity)
        for c in range(3):
            out[CHANNEL_ACTIVITY + c] = ZERO + min(127, (spread[c] << 8) // (counted << activity))
            for o in range(NEIGHBOURS):
                out[VALUES + c * NEIGHBOURS + o] = ZERO + min(127, max(-127, (((rel[c, o] << 7) >> activity) + 1) >> 1))
    out[ACTIVITY + activity - LOWEST_ACTIVITY] = ONE
    out[LEVEL + bit_length(s) - 1] = ONE
    return activity


@njit(cache=True)
def sample(seed, stage, blob, pictures, side, masks, symmetries, rows, activity, values):
    """Fills rows of random positions of a stage. pictures int64 [n]: where square pictures of RGB begin in the blob."""
    np.random.seed(seed)
    mask = np.empty(NEIGHBOURS, np.uint8)
    for i in range(len(rows)):
        start = pictures[np.random.randint(len(pictures))]
        level = 0
        while stage == 0 and level < 4 and np.random.random() < 0.3:
            level += 1
        across = side >> level
        u, v = np.random.randint(across), np.random.randint(across)
        if np.random.random() < RANDOM_SHARE:
            density = np.random.random()
            for o in range(NEIGHBOURS):
                mask[o] = np.random.random() < density
        elif stage == 0:
            while u & 1 == 0 and v & 1 == 0:
                u, v = np.random.randint(across), np.random.randint(across)
            mask[:] = masks[CENTRES if u & v & 1 else QUINCUNX, 0, u & 3, v & 3]
        else:
            subs = SUBS[np.random.randint(len(SUBS))]
            mine = sub_of(subs, u, v)
            for o in range(NEIGHBOURS):
                mask[o] = sub_of(subs, u + DY[o] + 4, v + DX[o] + 4) < mine
        y, x = u << level, v << level
        activity[i] = stage_row(rows[i], blob, start, side, side, y, x, stage, 1 << level, mask, symmetries[np.random.randint(8)])
        for c in range(3):
            values[i, c] = blob[start + 3 * (y * side + x) + c]


class Digits:
    """Random positions of CIFAR-10's pictures; batch n of a seed is the same on every machine."""

    def __init__(self, folder, name, config):
        pixels = Pixels(folder, name, config)
        cifar = pixels.index[pixels.index[:, 3] == config["groupNames"].index("cifar")]
        self.blob, self.pictures, self.side = pixels.blob, cifar[:, 0].copy(), int(cifar[0, 1])

    def batch(self, seed, stage, n):
        rows, activity, values = np.empty((n, WIDTH), np.uint8), np.empty(n, np.int64), np.empty((n, 3), np.int64)
        sample(seed % 2**32, stage, self.blob, self.pictures, self.side, STEP_MASKS, SYMMETRIES, rows, activity, values)
        return rows, activity, values


def load(run):
    """The integer layers of a run's four networks."""
    state = torch.load(Path(run) / "checkpoint.pt")
    layers = []
    for stage, parameters in enumerate(state["parameters"]):
        network = Network(state["config"]["hidden"], state["config"]["shifts"], stage)
        for mine, saved in zip(network.parameters, parameters):
            mine.copy_(saved)
        layers.append(network.integers())
    return layers


def log_mass(low, high, mean, inverse):
    """Logarithm of what a logistic puts between two bounds, wherever they are: tensors of one shape."""
    z, y = (high - mean) * inverse, (low - mean) * inverse
    z, y = torch.where(high >= 255, FAR, z), torch.where(low < 0, -FAR, y)
    return torch.nn.functional.logsigmoid(z) + torch.nn.functional.logsigmoid(-y) + torch.log(-torch.expm1(y - z))


def losses(outputs, activity, values, stage):
    """Nats of each pixel's three digits, float32 [n], together: outputs float32 [n, OUTPUTS] in units of the integers."""
    rest = 8 - 2 * stage

    def edges(bits):
        low = values >> bits << bits
        return [(low - 0.5).float(), (low + (1 << bits) - 0.5).float()]

    digit, box = edges(rest - 2), edges(rest)
    octave = activity.float()[:, None]
    log_shares = torch.log_softmax(outputs[:, LOGITS : LOGITS + K] / 64, 1)
    couplings = outputs[:, COUPLINGS:] / 64
    middle_of, off = sum(digit) / 2, {}
    total = log_shares
    for c in (1, 0, 2):
        own = sum(box)[:, c : c + 1] / 2
        mean = own + outputs[:, MEANS + c * K : MEANS + c * K + K] * torch.exp2(octave - 9)
        if c != 1:
            mean = mean + couplings[:, (0 if c == 0 else K) : (K if c == 0 else 2 * K)] * off[1]
        if c == 2:
            mean = mean + couplings[:, 2 * K : 3 * K] * off[0]
        off[c] = middle_of[:, c : c + 1] - mean
        scale = (octave + 1 + outputs[:, SCALES + c * K : SCALES + c * K + K] / 32).clamp(0, (SCALE_COUNT - 1) / SCALE_STEPS)
        inverse = torch.exp2(5 - scale)
        of_digit, of_box = (log_mass(*(e[:, c : c + 1].expand_as(mean) for e in bounds), mean, inverse) for bounds in (digit, box))
        total = total + torch.log(torch.exp(of_digit - of_box) * (1 - 4 * FLOOR) + FLOOR)
    return -torch.logsumexp(total, 1)


def loss_and_gradient(outputs, activity, values, stage):
    """(bits, all together; gradient float32 [n, OUTPUTS] by 1/64 of an output, in nats)."""
    outputs = outputs.detach().requires_grad_()
    total = losses(outputs, torch.from_numpy(activity), torch.from_numpy(values), stage).sum()
    total.backward()
    return float(total) / math.log(2), outputs.grad * UNIT


def costs(outputs, activity, values, stage):
    """Bits of each pixel's digits, float64 [n], of whole outputs int64 [n, OUTPUTS]; in floats."""
    with torch.no_grad():
        parts = (torch.from_numpy(np.ascontiguousarray(a)) for a in (outputs, activity, values))
        nats = losses(next(parts).float(), *parts, stage)
    return nats.double().numpy() / math.log(2)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True, type=Path)
    parser.add_argument("--config", required=True, type=Path)
    parser.add_argument("--run", required=True, type=Path)
    parser.add_argument("--positions", type=float, default=1e7, help="of all stages together")
    args = parser.parse_args()
    config = json.loads(args.config.read_text())
    threads(1)
    args.run.mkdir(parents=True, exist_ok=True)
    train = Digits(args.data, "train", config)
    held_out = [Digits(args.data, "valid", config).batch(91 + t, t, 6000) for t in range(STAGES)]
    networks = [Network(config["hidden"], config["shifts"], config["seed"] + t) for t in range(STAGES)]
    optimisers = [Optimiser(n, config["rate"]) for n in networks]
    checkpoint, steps = args.run / "checkpoint.pt", 0
    if checkpoint.exists():
        state = torch.load(checkpoint)
        steps = state["steps"]
        for network, optimiser, parameters, saved in zip(networks, optimisers, state["parameters"], state["optimisers"]):
            for mine, theirs in zip(network.parameters, parameters):
                mine.copy_(theirs)
            optimiser.load(saved)
    last = math.ceil(args.positions / (STAGES * BATCH))
    begun, told, sums, since = time.time(), 0.0, np.zeros(STAGES), 0
    while steps < last:
        fraction = steps / last
        rate = config["rate"] * min(1.0, (steps + 1) / 300) * 0.5 * (1 + math.cos(math.pi * fraction))
        for t, (network, optimiser) in enumerate(zip(networks, optimisers)):
            network.quantised = fraction >= config["quantiseFrom"]
            rows, activity, values = train.batch(config["seed"] * 10**6 + STAGES * steps + t, t, BATCH)
            outputs, kept = network.forward(rows)
            bits, d = loss_and_gradient(outputs, activity, values, t)
            norm = d.norm(dim=1, keepdim=True)
            d.mul_((config["longest"] / (norm + 1e-6)).clamp_(max=1.0) / BATCH)
            network.backward(kept, outputs, d)
            optimiser.step(rate)
            network.limit()
            sums[t] += bits / (3 * BATCH)
        steps, since = steps + 1, since + 1
        seconds = time.time() - begun
        if steps == last or seconds - told > 150:
            valid = [costs(exact(n.integers(), rows), *rest, t).mean() / 3 for t, (n, (rows, *rest)) in enumerate(zip(networks, held_out))]
            print(f"{steps / last:6.1%} {seconds:5.0f} s  train {(sums / since).round(4).tolist()}  held out {np.round(valid, 4).tolist()}", flush=True)
            told, since = seconds, 0
            sums[:] = 0
            torch.save({"steps": steps, "config": config, "parameters": [n.parameters for n in networks],
                        "optimisers": [o.state() for o in optimisers]}, checkpoint.with_suffix(".new"))
            checkpoint.with_suffix(".new").replace(checkpoint)


if __name__ == "__main__":
    main()
