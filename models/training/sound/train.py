"""Trains the network of a model of sound on what dump.mjs wrote: which components to trust in the next call, from how they did before.

    train.py --train PREFIX --valid PREFIX --config sound-1.json --run DIR

The loss of a sample is minus the log of its mixture. Writes checkpoint.pt at the end of every pass; the same command resumes.
"""
import argparse
import json
import math
from pathlib import Path

import numpy as np
import torch

from network import COLUMNS, OUTPUTS, Network

MOST = 48  # samples of a call that are looked at in a step


class Calls:
    def __init__(self, prefix):
        self.rows = np.fromfile(f"{prefix}.rows", np.uint8).reshape(-1, COLUMNS)
        self.counts = np.fromfile(f"{prefix}.counts", np.uint32).astype(np.int64)
        self.starts = np.concatenate([[0], np.cumsum(self.counts)[:-1]])
        self.logs = np.memmap(f"{prefix}.logs", np.int16, "r").reshape(-1, OUTPUTS)
        assert len(self.rows) == len(self.counts) and self.counts.sum() == len(self.logs)

    def batch(self, calls, generator=None):
        """Rows [n, COLUMNS], call of each sample [m], log-likelihoods in nats [m, OUTPUTS]."""
        which, of = [], []
        for n, call in enumerate(calls):
            count = self.counts[call]
            if generator is None or count <= MOST:
                picked = np.arange(count)
            else:
                picked = generator.integers(0, count, MOST)
            which.append(self.starts[call] + picked)
            of.append(np.full(len(picked), n))
        logs = self.logs[np.concatenate(which)].astype(np.float32) * (math.log(2) / 256)
        return torch.from_numpy(self.rows[calls]), torch.from_numpy(np.concatenate(of)), torch.from_numpy(logs)


def bits(network, rows, of, logs):
    weights = torch.log_softmax(network(rows), 1)
    return -torch.logsumexp(weights[of] + logs, 1).mean() / math.log(2)


def evaluate(network, calls):
    spent = samples = 0
    with torch.no_grad():
        for i in range(0, len(calls.counts), 256):
            batch = calls.batch(np.arange(i, min(i + 256, len(calls.counts))))
            spent += float(bits(network, *batch)) * len(batch[1])
            samples += len(batch[1])
    return spent / samples


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("train", "valid", "run", "config"):
        parser.add_argument(f"--{name}", required=True)
    args = parser.parse_args()
    config = json.loads(Path(args.config).read_text())
    torch.set_num_threads(1)
    train, valid, run = Calls(args.train), Calls(args.valid), Path(args.run)
    run.mkdir(parents=True, exist_ok=True)
    network = Network(config["hidden"], config["shifts"], config["seed"])
    optimiser = torch.optim.Adam(network.parameters(), lr=config["rate"], betas=(0.9, 0.98))
    done = 0
    if (run / "checkpoint.pt").exists():
        saved = torch.load(run / "checkpoint.pt")
        network.load_state_dict(saved["network"])
        optimiser.load_state_dict(saved["optimiser"])
        done = saved["passes"]
    for n in range(done, config["passes"]):
        generator = np.random.default_rng([config["seed"], n])
        order = generator.permutation(len(train.counts))
        size = config["batch"]
        losses = []
        for i in range(0, len(order) - size + 1, size):
            part = (n + i / len(order)) / config["passes"]
            for group in optimiser.param_groups:
                group["lr"] = config["rate"] * (1 + math.cos(math.pi * part)) / 2
            loss = bits(network, *train.batch(order[i : i + size], generator))
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            losses.append(float(loss))
        saved = {"network": network.state_dict(), "optimiser": optimiser.state_dict(), "passes": n + 1}
        torch.save(saved, run / "checkpoint.pt")
        print(f"pass {n + 1}: train {np.mean(losses):.4f}, valid {evaluate(network, valid):.4f} bits a sample", flush=True)


if __name__ == "__main__":
    main()
