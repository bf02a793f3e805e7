"""Training batches from a pack: batch n depends on (seed, n) alone, so a resumed run reads what the first would have."""
import queue
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from .tokens import BLOCK, batch_of, last_block


class Batches:
    """config: calls {values, shares}, randomOrderShare, historyShare, fullBlockShare, historyBlocks, batchTokens, seed."""

    def __init__(self, pack, config, columns, workers=1):
        self.pack, self.config, self.columns, self.workers = pack, config, columns, workers
        self.weights = pack.weights / pack.weights.sum()
        self.members = [pack.index[pack.index[:, 2] == g] for g in range(len(self.weights))]
        self.weights = np.where([len(m) > 0 for m in self.members], self.weights, 0)
        self.weights /= self.weights.sum()

    def piece(self, rng, length):
        """Text of the wished length, or less where a drawn file is shorter; files by their size within a group."""
        members = self.members[rng.choice(len(self.weights), p=self.weights)]
        start, size, _ = members[rng.choice(len(members), p=members[:, 1] / members[:, 1].sum())]
        length = min(length, size)
        begin = start + rng.integers(0, size - length + 1)
        return self.pack.blob[begin : begin + length]

    def number(self, n):
        """Batch n. All its examples have the same shape: a whole block after another one, or a single block, whole or not."""
        rng, config = np.random.default_rng([self.config["seed"], n]), self.config
        history, length = rng.random() < config["historyShare"], BLOCK
        if not history and rng.random() >= config["fullBlockShare"]:
            length = 8 * int(rng.integers(8, BLOCK // 8))  # multiples suit a GPU's attention kernels
        tokens = 2 * length + BLOCK * history  # content and queries; without attention too, so that both read the same
        examples = []
        for _ in range(max(1, config["batchTokens"] // tokens)):
            blocks = int(rng.choice(config["historyBlocks"])) if history else 0
            piece = self.piece(rng, blocks * BLOCK + length)
            if rng.random() < config["randomOrderShare"]:
                order, calls, group = 1, 0, int(rng.choice([4, 8, 16, 32]))
            else:
                order, group = 0, 0
                calls = int(rng.choice(config["calls"]["values"], p=config["calls"]["shares"]))
            examples.append(last_block(piece, calls, order, group, self.columns))
        return batch_of(examples)

    def from_number(self, first):
        """Endless: batches first, first + 1, ... made by threads (numba lets go of the interpreter's lock)."""
        pool, ready = ThreadPoolExecutor(self.workers), queue.Queue(maxsize=2 * self.workers)

        def produce():
            n = first
            while True:
                ready.put(pool.submit(self.number, n))
                n += 1

        threading.Thread(target=produce, daemon=True).start()
        while True:
            yield ready.get().result()
