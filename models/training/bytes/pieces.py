"""Pieces of files: of those that are trained on, as rows of indices in chunks; of those that are held out."""
import json
import queue
import threading

import numpy as np
import torch

from shared.columns import Columns, released_columns

from .grids import REPOSITORY

CHUNK = 1 << 18  # rows that are mixed before they are cut into batches


def piece_length(config, rng):
    """Bytes of a piece. The share of bytes is what is given: a short piece is drawn more often. Sizes vary by a factor of 1/2..1."""
    lengths = config["pieces"]["lengths"]
    chances = np.array(config["pieces"]["shareOfBytes"]) / np.array(lengths)
    return int(lengths[rng.choice(len(lengths), p=chances / chances.sum())] * rng.uniform(0.5, 1.0))


def columns_of(config):
    """The columns of a configuration, and those of its teachers."""
    theirs = [c for teacher in config.get("teachers", ()) for c in released_columns(REPOSITORY / teacher)]
    # Of a column that several have, the finest: the others' rows are told from it.
    return Columns(config, {c["context"]: c for c in sorted(theirs, key=lambda c: c["bits"])}.values())


class Pieces:
    """Random pieces of training files, as rows of indices and target bytes; chunk n depends on (seed, n) alone."""

    def __init__(self, folder, config):
        self.blob = np.memmap(folder / "train.bin", dtype=np.uint8, mode="r")
        self.index = np.load(folder / "train.index.npy")
        groups = json.loads((folder / "groups.json").read_text())
        shares = dict(zip(groups["groups"], groups["weights"])) | config.get("shares", {})
        self.weights = np.array([shares[g] for g in groups["groups"]]) / sum(shares.values())
        self.members = [self.index[self.index[:, 2] == g] for g in range(len(self.weights))]
        self.chances = [np.cumsum(m[:, 1]) / m[:, 1].sum() for m in self.members]
        self.columns = columns_of(config)
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
        indices = np.zeros((CHUNK, len(self.columns.slots)), dtype=np.int32)
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


def validation_pieces(folder, size=1024, per_group=40, seed=7):
    """Evenly drawn pieces of the held-out files: {group: [uint8[size]]}."""
    rng = np.random.default_rng(seed)
    pieces = {}
    for group in sorted(p for p in (folder / "valid").iterdir() if p.is_dir()):
        data = np.frombuffer(b"".join(p.read_bytes() for p in sorted(group.rglob("*")) if p.is_file()), dtype=np.uint8)
        if len(data) > size:
            pieces[group.name] = [data[a : a + size].copy() for a in rng.integers(0, len(data) - size, per_group)]
    return pieces
