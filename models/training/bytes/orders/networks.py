"""Small networks, each trained on one family of partitions."""
import math
import time

import numpy as np
import torch

from ..trainer import Trainer
from .by_entropy import DYNAMIC, by_entropy
from .corpus import N, SCRATCH, SEED, Corpus
from .partitions import partition

BYTES = 4_000_000
TRAINED_CALLS = [8, 16, 32, 64, 85, 100, 128, 256]
CONFIG = {
    "seed": SEED, "hidden": [128, 128], "denseRate": 0.002, "tableRate": 0.06, "warmUpBytes": 200_000,
    "columns": {
        "two-sided-1": 14, "two-sided-2": 15, "order-3": 16, "order-4": 16, "order-6": 16, "word": 16, "skip": 15, "near": 15, "line": 13,
        "match-long": 13, "match-short": 13, "history-2": 14, "history-4": 14, "bridge-1": 15, "bridge-3": 15, "right": 15,
        "bridge-word": 15, "place": 11, "document": 11,
    },
}


def rows(trainer, family, pieces, calls):
    out = np.zeros((len(pieces), N, len(trainer.columns)), dtype=np.int32)
    if family in DYNAMIC:
        for i in range(0, len(pieces), 40):
            by_entropy(trainer, pieces[i : i + 40], calls, *DYNAMIC[family], out[i : i + 40])
        return out
    for piece, o in zip(pieces, out):
        trainer.columns.in_partition(piece, *partition(family, calls), out=o)
    return out


def bits_of(trainer, pieces, indices):
    """float64 [pieces, N]"""
    flat, targets = indices.reshape(-1, indices.shape[-1]), torch.from_numpy(pieces.reshape(-1).astype(np.int64))
    out = [torch.nn.functional.cross_entropy(trainer.logits_of(flat[i : i + 8192]), targets[i : i + 8192], reduction="none") for i in range(0, len(flat), 8192)]
    return (torch.cat(out).double().numpy() / math.log(2)).reshape(pieces.shape)


def train(family, total=BYTES, batch=2048, count=128):
    """`count` pieces at a time, the same ones for every family; as many calls for 4 pieces, or for 32 that are ordered together."""
    corpus, rng, trainer = Corpus(), np.random.default_rng([SEED, 0]), Trainer(CONFIG)
    begun, step = time.time(), 32 if family in DYNAMIC else 4
    while trainer.bytes < total:
        pieces = np.array([corpus.piece(rng) for _ in range(count)])
        calls = [int(c) for c in rng.choice(TRAINED_CALLS, count // 4)]
        indices = np.concatenate([rows(trainer, family, pieces[i : i + step], calls[i // step]) for i in range(0, count, step)])
        mixed = rng.permutation(pieces.size)
        flat, targets = indices.reshape(pieces.size, -1)[mixed], pieces.reshape(-1).astype(np.int64)[mixed]
        losses = [trainer.step(flat[i : i + batch], targets[i : i + batch], trainer.bytes / total, trainer.bytes) for i in range(0, len(flat), batch)]
        print(f"{family}: {trainer.bytes / 1e6:.1f} MB {np.mean(losses):.3f} bits/byte, {time.time() - begun:.0f} s", flush=True)
    SCRATCH.mkdir(parents=True, exist_ok=True)
    trainer.save(SCRATCH / f"{family.replace(' ', '-')}.pt")


def network(family):
    return Trainer.restored(SCRATCH / f"{family.replace(' ', '-')}.pt")
