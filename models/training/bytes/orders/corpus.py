"""Pieces of 1 KiB of books, code, JSON and logs: to train on, to develop with, held out."""
import json

import numpy as np

from ..grids import REPOSITORY

N = 1024
SEED = 5
KINDS = {
    "books": (["books-gutenberg", "books-gutenberg-novels"], "books-gutenberg"),
    "code": (["code", "gathered-code"], "code"),
    "json": (["gathered-json", "json-csv"], "gathered-json"),
    "logs": (["gathered-logs"], "gathered-logs"),
}
PER_KIND = 30
SCRATCH = REPOSITORY / ".work" / "orders"
DATA = REPOSITORY / ".work" / "data"


class Corpus:
    def __init__(self):
        self.blob = np.memmap(DATA / "train.bin", dtype=np.uint8, mode="r")
        index = np.load(DATA / "train.index.npy")
        names = json.loads((DATA / "groups.json").read_text())["groups"]
        self.files = []
        for groups, _ in KINDS.values():
            rows = index[np.isin(index[:, 2], [names.index(g) for g in groups]) & (index[:, 1] >= N)]
            self.files.append((rows, np.cumsum(rows[:, 1]) / rows[:, 1].sum()))

    def piece(self, rng):
        rows, chances = self.files[rng.integers(len(self.files))]
        start, size, _ = rows[np.searchsorted(chances, rng.random())]
        begin = start + rng.integers(0, size - N + 1)
        return np.array(self.blob[begin : begin + N])


def held_out(per_kind=PER_KIND):
    """uint8 [kinds * per_kind, N], kind by kind."""
    rng = np.random.default_rng(7)
    out = []
    for _, folder in KINDS.values():
        data = np.frombuffer(b"".join(p.read_bytes() for p in sorted((DATA / "valid" / folder).rglob("*")) if p.is_file()), dtype=np.uint8)
        out += [data[a : a + N].copy() for a in rng.integers(0, len(data) - N, per_kind)]
    return np.array(out)


def development(count):
    corpus, rng = Corpus(), np.random.default_rng([SEED, 999_999])
    return np.array([corpus.piece(rng) for _ in range(count)])
