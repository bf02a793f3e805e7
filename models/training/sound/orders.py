"""The paper's random order on sound: what a sample costs when a random share of the clip is known, and what that comes to in few calls.

    orders.py --train LIST --test LIST [--minutes 8]

A small network (three layers of 192, float32, hardly trained) sees 24 neighbours on either side with a mask of those that are known, less the mean of
the known and divided by their deviation, and how that compares with all of the clip's; it gives a mixture of five logistics. Its mean loss by the share that is known is
the L of the dynamic program (paper, section 3.1), which then says what N calls cost. No mixing, no adaptation: to be compared with flac and with
the paper's curve, not with archives.
"""
import argparse
import math
import time
import wave

import numpy as np
import torch

REACH, COMPONENTS = 24, 5
BINS = 64


def clips(path, most=16000):
    found = []
    for name in open(path).read().split():
        with wave.open(name) as file:
            if file.getsampwidth() == 2 and file.getnchannels() == 1:
                found.append(np.frombuffer(file.readframes(most), np.int16).astype(np.float32))
    return found


class Network(torch.nn.Module):
    def __init__(self):
        super().__init__()
        widths = [4 * REACH + 3, 192, 192, 192]
        layers = []
        for a, b in zip(widths, widths[1:]):
            layers += [torch.nn.Linear(a, b), torch.nn.GELU()]
        self.body = torch.nn.Sequential(*layers, torch.nn.Linear(widths[-1], 3 * COMPONENTS))

    def bits(self, window, known, share, scale, target):
        """[n]: of each target. window, known [n, 2 REACH]; share, scale, target [n]."""
        count = known.sum(1).clamp(min=1)
        mean = (window * known).sum(1) / count
        deviation = ((((window - mean[:, None]) * known) ** 2).sum(1) / count + 1).sqrt()
        alone = known.sum(1) < 2
        deviation = torch.where(alone, scale, deviation)
        x = (window - mean[:, None]) * known / deviation[:, None]
        extra = torch.stack([share, (deviation / scale).log(), scale.log() / 8], 1)
        logits, centres, widths = self.body(torch.cat([x.clamp(-8, 8), known, extra], 1)).chunk(3, 1)
        centres = mean[:, None] + deviation[:, None] * centres
        widths = deviation[:, None] * torch.exp(widths.clamp(-9, 4) - 1)
        widths = widths.clamp(min=0.05)
        upper = torch.sigmoid((target[:, None] + 0.5 - centres) / widths)
        lower = torch.sigmoid((target[:, None] - 0.5 - centres) / widths)
        mass = (torch.softmax(logits, 1) * (upper - lower)).sum(1)
        return -torch.log2(mass * (1 - 2**-12) + 2**-28)


class Clips:
    """Clips one after the other, with room between them that is never known."""

    def __init__(self, found):
        room = np.zeros(REACH, np.float32)
        self.samples = np.concatenate([part for clip in found for part in (room, clip)] + [room])
        self.inside = np.concatenate([part for clip in found for part in (room, np.ones(len(clip), np.float32))] + [room])
        self.positions = np.flatnonzero(self.inside)
        self.scales = np.concatenate([np.full(len(clip), np.sqrt(np.mean(clip**2)) + 1, np.float32) for clip in found])
        self.near = np.concatenate([np.arange(-REACH, 0), np.arange(1, REACH + 1)])

    def batch(self, size, generator, share=None):
        """Positions, each with a share of its clip that is known, or a given one: see `Network.bits`."""
        picked = generator.integers(0, len(self.positions), size)
        at = self.positions[picked][:, None] + self.near
        shares = generator.random(size) if share is None else np.full(size, share)
        known = self.inside[at] * (generator.random(at.shape) < shares[:, None])
        columns = (self.samples[at], known, shares, self.scales[picked], self.samples[self.positions[picked]])
        return [torch.from_numpy(np.asarray(column, np.float32)) for column in columns]


def cheapest(loss, calls):
    """Mean bits of `calls` calls when L by share is `loss`: the dynamic program over its bins."""
    sorted_loss = np.minimum.accumulate(loss)
    n = len(sorted_loss)
    cost = np.full(n + 1, np.inf)
    cost[0] = 0
    for _ in range(min(calls, n)):
        cost = np.array([np.inf] + [min(cost[i] + (j - i) * sorted_loss[i] for i in range(j)) for j in range(1, n + 1)])
    return cost[n] / n


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--train", required=True)
    parser.add_argument("--test", required=True)
    parser.add_argument("--minutes", type=float, default=8)
    args = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(16)
    generator = np.random.default_rng(16)
    train, test = Clips(clips(args.train)), Clips(clips(args.test))
    network = Network()
    optimiser = torch.optim.Adam(network.parameters(), lr=1e-3)
    began, steps = time.time(), 0
    while (spent := (time.time() - began) / (60 * args.minutes)) < 1:
        for group in optimiser.param_groups:
            group["lr"] = 1e-3 * (1 + math.cos(math.pi * spent)) / 2
        loss = network.bits(*train.batch(1024, generator)).mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        steps += 1
        if steps % 200 == 0:
            print(f"{steps} steps: {float(loss):.3f}", flush=True)
    generator = np.random.default_rng(1)
    with torch.no_grad():
        losses = np.array([float(network.bits(*test.batch(4096, generator, (i + 0.5) / BINS)).mean()) for i in range(BINS)])
    print(f"{steps} steps; bits a sample where 0, a half, and all others are known: {losses[0]:.3f} {losses[BINS // 2]:.3f} {losses[-1]:.3f}")
    for calls in (1, 2, 4, 8, 16, 32, 64):
        print(f"{calls:4} calls: {cheapest(losses, calls):.3f}")


if __name__ == "__main__":
    main()
