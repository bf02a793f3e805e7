"""Train a context ARDM.

    python train.py --data DIR --config text-1.json --run DIR [--bytes 400e6]

Seeded and resumable: started again with the same --run it goes on from the last checkpoint. Every line of RUN/log.jsonl
has bytes read, training loss (bits per byte), bytes per second and, now and then, the loss on held-out files by `calls`.
"""
import argparse
import json
import math
import queue
import threading
import time
from pathlib import Path

import numpy as np
import torch

from features import CONTEXTS, segment_rows
from model import WIDTH, Dense, gather, scatter_adagrad, threads

CHUNK = 1 << 18  # rows that are mixed before they are cut into batches


def columns_of(config):
    bits = np.array([config["columns"][c] for c in CONTEXTS], dtype=np.int64)
    offsets = np.concatenate([[0], np.cumsum(1 << bits)[:-1]]).astype(np.int64)
    return bits, offsets, int((1 << bits).sum())


class Pieces:
    """Random pieces of training files, as rows of indices and target bytes; chunk n depends on (seed, n) alone."""

    def __init__(self, folder, config, seed):
        self.blob = np.memmap(folder / "train.bin", dtype=np.uint8, mode="r")
        self.index = np.load(folder / "train.index.npy")
        groups = json.loads((folder / "groups.json").read_text())
        self.weights = np.array(groups["weights"]) / sum(groups["weights"])
        self.members = [self.index[self.index[:, 2] == g] for g in range(len(self.weights))]
        self.chances = [m[:, 1] / m[:, 1].sum() for m in self.members]
        self.bits, self.offsets, _ = columns_of(config)
        self.config, self.seed = config, seed

    def chunk(self, number):
        rng = np.random.default_rng([self.seed, number])
        config = self.config
        indices = np.zeros((CHUNK, len(CONTEXTS)), dtype=np.int32)
        targets = np.zeros(CHUNK, dtype=np.int64)
        lengths, share = config["pieces"]["lengths"], np.array(config["pieces"]["shareOfBytes"]) / np.array(config["pieces"]["lengths"])
        at = 0
        while at < CHUNK:
            g = rng.choice(len(self.weights), p=self.weights)
            start, size, _ = self.members[g][rng.choice(len(self.members[g]), p=self.chances[g])]
            # The share of bytes is what is given: a short piece is drawn more often. Piece sizes vary by a factor of 1/2..1.
            length = int(lengths[rng.choice(len(lengths), p=share / share.sum())] * rng.uniform(0.5, 1.0))
            length = min(length, size, CHUNK - at)
            begin = start + rng.integers(0, size - length + 1)
            piece = np.array(self.blob[begin : begin + length])
            if rng.random() < config["randomOrderShare"]:
                order, calls, group = 1, 0, int(rng.choice([4, 8, 16, 32]))
            else:
                order, group = 0, 0
                calls = int(rng.choice(config["calls"]["values"], p=config["calls"]["shares"]))
            segment_rows(piece, calls, order, group, self.bits, self.offsets, indices[at : at + length])
            targets[at : at + length] = piece
            at += length
        mixed = rng.permutation(CHUNK)
        return indices[mixed], targets[mixed]

    def stream(self, first):
        ready = queue.Queue(maxsize=2)

        def produce():
            number = first
            while True:
                ready.put(self.chunk(number))
                number += 1

        threading.Thread(target=produce, daemon=True).start()
        while True:
            yield ready.get()


class Trainer:
    def __init__(self, config):
        self.config = config
        _, _, rows = columns_of(config)
        self.table = np.zeros((rows, WIDTH), dtype=np.float32)
        self.squares = np.zeros(rows, dtype=np.float32)
        self.dense = Dense([len(CONTEXTS) * WIDTH, *config["hidden"], 256], config["seed"])
        self.optimiser = torch.optim.Adam(self.dense.parameters(), lr=config["denseRate"], betas=(0.9, 0.98))
        self.bytes = 0
        self.chunks = 0

    def save(self, path):
        temporary = path.with_suffix(".new")
        with open(temporary, "wb") as f:
            torch.save(
                {
                    "table": torch.from_numpy(self.table), "squares": torch.from_numpy(self.squares),
                    "dense": self.dense.state_dict(), "optimiser": self.optimiser.state_dict(),
                    "weight_bits": self.dense.weight_bits, "bytes": self.bytes, "chunks": self.chunks, "config": self.config,
                }, f)
        temporary.replace(path)

    @classmethod
    def restored(cls, path):
        trainer = cls(torch.load(path)["config"])
        trainer.load(path)
        return trainer

    def load(self, path):
        state = torch.load(path)
        self.table, self.squares = state["table"].numpy(), state["squares"].numpy()
        self.dense.load_state_dict(state["dense"])
        self.dense.weight_bits = state["weight_bits"]
        self.optimiser.load_state_dict(state["optimiser"])
        self.bytes, self.chunks = state["bytes"], state["chunks"]

    def inputs(self, indices):
        x = np.empty((len(indices), indices.shape[1] * self.table.shape[1]), dtype=np.float32)
        gather(self.table, indices, x, self.dense.weight_bits is not None)
        return torch.from_numpy(x)

    def step(self, indices, targets, fraction):
        config = self.config
        fade = 0.5 * (1 + math.cos(math.pi * min(1.0, fraction)))
        warm = min(1.0, (self.bytes + 1) / config["warmUpBytes"])
        for group in self.optimiser.param_groups:
            group["lr"] = config["denseRate"] * warm * (0.02 + 0.98 * fade)
        x = self.inputs(indices).requires_grad_()
        loss = torch.nn.functional.cross_entropy(self.dense(x), torch.from_numpy(targets))
        self.optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.dense.parameters(), 1.0)
        self.optimiser.step()
        rate = np.float32(config["tableRate"] * (0.05 + 0.95 * fade))
        scatter_adagrad(self.table, self.squares, indices, x.grad.numpy() * np.float32(len(indices)), rate)
        self.bytes += len(indices)
        return loss.item() / math.log(2)

    def rate_of(self, piece, calls, bits, offsets, order=0, group=0):
        """Bits of each byte of a piece (float64[n]), without frequency rounding."""
        indices = np.zeros((len(piece), len(CONTEXTS)), dtype=np.int32)
        segment_rows(piece, calls, order, group, bits, offsets, indices)
        out = np.empty(len(piece))
        self.dense.eval()
        with torch.no_grad():
            for i in range(0, len(piece), 16384):
                y = self.dense(self.inputs(indices[i : i + 16384]))
                t = torch.from_numpy(piece[i : i + 16384].astype(np.int64))
                out[i : i + 16384] = torch.nn.functional.cross_entropy(y, t, reduction="none").numpy() / math.log(2)
        self.dense.train()
        return out


def validation_pieces(folder, size=1024, per_group=40, seed=7):
    """Evenly drawn pieces of the held-out files: {group: [uint8[size]]}."""
    rng = np.random.default_rng(seed)
    pieces = {}
    for group in sorted(p for p in (folder / "valid").iterdir() if p.is_dir()):
        data = np.frombuffer(b"".join(p.read_bytes() for p in sorted(group.rglob("*")) if p.is_file()), dtype=np.uint8)
        if len(data) > size:
            pieces[group.name] = [data[a : a + size].copy() for a in rng.integers(0, len(data) - size, per_group)]
    return pieces


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True, type=Path)
    parser.add_argument("--config", required=True, type=Path)
    parser.add_argument("--run", required=True, type=Path)
    parser.add_argument("--bytes", type=float, help="training bytes of the whole run; the learning rate fades towards it")
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args()
    config = json.loads(args.config.read_text())
    total = args.bytes or config["bytes"]
    threads(args.threads)
    torch.manual_seed(config["seed"])
    args.run.mkdir(parents=True, exist_ok=True)
    checkpoint = args.run / "checkpoint.pt"
    trainer = Trainer(config)
    if checkpoint.exists():
        trainer.load(checkpoint)
        print(f"resumed at {trainer.bytes / 1e6:.1f} MB")
    pieces = Pieces(args.data, config, config["seed"])
    valid = validation_pieces(args.data)
    log = open(args.run / "log.jsonl", "a", buffering=1)
    batch, saved, begun, begun_bytes, losses = config["batch"], time.time(), time.time(), trainer.bytes, []
    for indices, targets in pieces.stream(trainer.chunks):
        for i in range(0, CHUNK, batch):
            fraction = trainer.bytes / total
            if trainer.dense.weight_bits is None and fraction >= config["quantiseFrom"]:
                print("quantised from here on, weight bits", trainer.dense.choose_grids())
            losses.append(trainer.step(indices[i : i + batch], targets[i : i + batch], fraction))
        trainer.chunks += 1
        line = {
            "bytes": trainer.bytes, "loss": round(float(np.mean(losses)), 4),
            "bytesPerSecond": int((trainer.bytes - begun_bytes) / (time.time() - begun)),
        }
        losses = []
        done = trainer.bytes >= total
        if trainer.chunks % 40 == 0 or done:
            line["valid"] = {
                f"{g}@{calls}": round(float(np.mean([trainer.rate_of(p, calls, pieces.bits, pieces.offsets).mean() for p in ps])), 4)
                for g, ps in valid.items() for calls in ((32, 128, 1024) if done else (128,))
            }
        log.write(json.dumps(line) + "\n")
        if trainer.chunks % 4 == 0 or done:
            print(f"{trainer.bytes / total:6.1%} {trainer.bytes / 1e6:7.1f} MB  {line['loss']:.3f} bits/byte  {line['bytesPerSecond'] / 1e3:.0f} KB/s", flush=True)
        if time.time() - saved > 300 or done:
            trainer.save(checkpoint)
            saved = time.time()
        if done:
            break


if __name__ == "__main__":
    main()
