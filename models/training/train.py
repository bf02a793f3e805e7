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

from columns import Columns
from model import LOGIT_HIGH, LOGIT_LOW, WIDTH, Dense, gather, gather16, scatter_adagrad, threads, view16

CHUNK = 1 << 18  # rows that are mixed before they are cut into batches
# A row whose byte is predicted with probability p is propagated back with chance min(1, (1 - p) / SURE), and then weighs
# as much more: unbiased, and half of the rows of a trained model are not worth their arithmetic.
SURE = 0.75
LONGEST_GRADIENT = 0.3  # of the dense part, by norm; it is about 0.15


def piece_length(config, rng):
    """Bytes of a piece. The share of bytes is what is given: a short piece is drawn more often. Sizes vary by a factor of 1/2..1."""
    lengths = config["pieces"]["lengths"]
    chances = np.array(config["pieces"]["shareOfBytes"]) / np.array(lengths)
    return int(lengths[rng.choice(len(lengths), p=chances / chances.sum())] * rng.uniform(0.5, 1.0))


class Pieces:
    """Random pieces of training files, as rows of indices and target bytes; chunk n depends on (seed, n) alone."""

    def __init__(self, folder, config):
        self.blob = np.memmap(folder / "train.bin", dtype=np.uint8, mode="r")
        self.index = np.load(folder / "train.index.npy")
        groups = json.loads((folder / "groups.json").read_text())
        self.weights = np.array(groups["weights"]) / sum(groups["weights"])
        self.members = [self.index[self.index[:, 2] == g] for g in range(len(self.weights))]
        self.chances = [np.cumsum(m[:, 1]) / m[:, 1].sum() for m in self.members]
        self.columns = Columns(config)
        self.config = config
        counts = np.bincount(self.blob[:: max(1, len(self.blob) // 10**6)], minlength=256)
        self.shares = torch.from_numpy((counts / counts.sum()).astype(np.float32))

    def piece(self, rng, most):
        """uint8[1..most] of a file: a quarter of the pieces start with it, a quarter with a line, as messages and records do."""
        group = rng.choice(len(self.weights), p=self.weights)
        start, size, _ = self.members[group][np.searchsorted(self.chances[group], rng.random())]
        length = min(piece_length(self.config, rng), size, most)
        begin, where = start + rng.integers(0, size - length + 1), rng.random()
        if where < 0.25:
            begin = start
        elif where < 0.5:
            feed = np.flatnonzero(self.blob[max(start, begin - 400) : begin] == 10)
            begin = max(start, begin - 400) + feed[-1] + 1 if len(feed) else begin
        return np.array(self.blob[begin : begin + length])

    def chunk(self, number):
        rng = np.random.default_rng([self.config["seed"], number])
        config = self.config
        indices = np.zeros((CHUNK, len(self.columns)), dtype=np.int32)
        targets = np.zeros(CHUNK, dtype=np.int64)
        at = 0
        while at < CHUNK:
            piece = self.piece(rng, CHUNK - at)
            rows = slice(at, at + len(piece))
            if rng.random() < config["randomOrderShare"]:
                self.columns.indices(piece, 0, 1, int(rng.choice([4, 8, 16, 32])), out=indices[rows])
            else:
                self.columns.indices(piece, int(rng.choice(config["calls"]["values"], p=config["calls"]["shares"])), out=indices[rows])
            targets[rows] = piece
            at += len(piece)
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
        self.columns = Columns(config)
        self.table = np.zeros((self.columns.rows, WIDTH), dtype=np.float32)
        self.squares = np.zeros(self.columns.rows, dtype=np.float32)
        self.sums = np.zeros_like(self.table)
        self.dense = Dense([len(self.columns) * WIDTH, *config["hidden"], 256], config["seed"])
        self.optimiser = torch.optim.Adam(self.dense.parameters, lr=config["denseRate"], betas=(0.9, 0.98))
        self.bytes = 0
        self.chunks = 0

    def save(self, path):
        temporary = path.with_suffix(".new")
        with open(temporary, "wb") as f:
            torch.save(
                {
                    "table": torch.from_numpy(self.table), "squares": torch.from_numpy(self.squares),
                    "dense": self.dense.parameters, "optimiser": self.optimiser.state_dict(),
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
        for mine, saved in zip(self.dense.parameters, state["dense"]):
            mine.copy_(saved)
        self.dense.weight_bits = state["weight_bits"]
        self.optimiser.load_state_dict(state["optimiser"])
        self.bytes, self.chunks = state["bytes"], state["chunks"]

    def step(self, indices, targets, fraction, seed):
        """One step on int32 [rows, columns] and int64 [rows]; returns the loss in bits per byte."""
        config, quantised = self.config, self.dense.weight_bits is not None
        fade = 0.5 * (1 + math.cos(math.pi * min(1.0, fraction)))
        warm = min(1.0, (self.bytes + 1) / config["warmUpBytes"])
        for group in self.optimiser.param_groups:
            group["lr"] = config["denseRate"] * warm * (0.02 + 0.98 * fade)
        count = len(indices)
        x = torch.empty(count, len(self.columns) * WIDTH, dtype=torch.bfloat16)
        gather16(self.table, indices, view16(x), quantised)
        logits, saved = self.dense.forward(x)
        target = torch.from_numpy(targets)[:, None]
        probability = torch.softmax(logits, 1)
        known = probability.gather(1, target)[:, 0]
        chance = ((1 - known) / SURE).clamp_(max=1)
        rows = torch.nonzero(torch.rand(count, generator=torch.Generator().manual_seed(seed)) < chance)[:, 0]
        d = probability.index_select(0, rows)
        d.scatter_add_(1, target[rows], torch.full((len(rows), 1), -1.0))
        d.mul_((1 / chance[rows])[:, None])
        chosen = logits.index_select(0, rows)
        d.masked_fill_(((chosen <= LOGIT_LOW) & (d > 0)) | ((chosen >= LOGIT_HIGH) & (d < 0)), 0)  # no further past the clip
        by_weights, by_biases, by_x = self.dense.backward(saved, rows, d)
        gradients = by_weights + by_biases
        norm = math.sqrt(sum(float(g.pow(2).sum()) for g in gradients)) / count
        for parameter, gradient in zip(self.dense.parameters, gradients):
            parameter.grad = gradient.mul_(min(1.0, LONGEST_GRADIENT / (norm + 1e-6)) / count)
        self.optimiser.step()
        rate = np.float32(config["tableRate"] * warm * (0.05 + 0.95 * fade))
        scatter_adagrad(self.table, self.squares, self.sums, indices, rows.numpy(), view16(by_x), rate)
        self.bytes += count
        return float(-known.clamp_min(1e-30).log2().mean())

    def logits_of(self, indices):
        """fp32 [rows, 256], computed as the exported network does."""
        x = np.empty((len(indices), len(self.columns) * WIDTH), dtype=np.float32)
        gather(self.table, indices, x, self.dense.weight_bits is not None)
        return self.dense.exact(torch.from_numpy(x))

    def rate_of(self, piece, calls, order=0, group=0):
        """Bits of each byte of a piece (float64[n]), without frequency rounding."""
        indices = self.columns.indices(piece, calls, order, group)
        out = np.empty(len(piece))
        for i in range(0, len(piece), 16384):
            target = torch.from_numpy(piece[i : i + 16384].astype(np.int64))
            loss = torch.nn.functional.cross_entropy(self.logits_of(indices[i : i + 16384]), target, reduction="none")
            out[i : i + 16384] = loss.numpy() / math.log(2)
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
    pieces = Pieces(args.data, config)
    valid = validation_pieces(args.data, per_group=24)
    log = open(args.run / "log.jsonl", "a", buffering=1)
    batch, saved, begun, begun_bytes, losses = config["batch"], time.time(), time.time(), trainer.bytes, []
    for indices, targets in pieces.stream(trainer.chunks):
        for i in range(0, CHUNK, batch):
            fraction = trainer.bytes / total
            if trainer.dense.weight_bits is None and fraction >= config["quantiseFrom"]:
                print("quantised from here on, weight bits", trainer.dense.choose_grids())
            losses.append(trainer.step(indices[i : i + batch], targets[i : i + batch], fraction, trainer.bytes))
        trainer.dense.centre(pieces.shares)
        trainer.chunks += 1
        line = {
            "bytes": trainer.bytes, "loss": round(float(np.mean(losses)), 4),
            "bytesPerSecond": int((trainer.bytes - begun_bytes) / (time.time() - begun)),
        }
        losses = []
        done = trainer.bytes >= total
        if trainer.chunks % 80 == 0 or done:
            line["valid"] = {
                f"{g}@{calls}": round(float(np.mean([trainer.rate_of(p, calls).mean() for p in ps])), 4)
                for g, ps in valid.items() for calls in ((32, 128, 1024) if done else (128,))
            }
            print(f"held out, mean of kinds {np.mean([v for k, v in line['valid'].items() if k.endswith('@128')]):.4f} bits/byte", flush=True)
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
