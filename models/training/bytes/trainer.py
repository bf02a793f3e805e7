"""A network that is being trained: the table and its Adagrad, the dense part and its Adam, what they are taught by."""
import math

import numpy as np
import torch

from shared.columns import Columns
from shared.operands import OPERAND, view

from .dense import Dense
from .grids import WEIGHT_LIMIT, WIDTH
from .kernels import gather, scatter_adagrad
from .lesson import WHOLE, filled, lesson
from .teacher import Teachers

LONGEST_GRADIENT = 0.3  # of the dense part, by norm; it is about 0.15


class Trainer:
    def __init__(self, config):
        self.config = config
        self.columns = Columns(config)
        self.teacher = None
        self.share = np.float32(0)
        self.table = np.zeros((self.columns.rows, WIDTH), dtype=np.float32)
        self.squares = np.zeros(self.columns.rows, dtype=np.float32)
        self.sums = np.zeros_like(self.table)
        self.dense = Dense([len(self.columns) * WIDTH, *config["hidden"], 256], config["seed"], config.get("weightLimit", WEIGHT_LIMIT))
        self.optimiser = torch.optim.Adam(self.dense.parameters, lr=config["denseRate"], betas=(0.9, 0.98))
        self.bytes = 0
        self.chunks = 0
        self.taught = 0  # rows propagated back

    def learn_from(self, folders, columns, share):
        """`share` of what is to be learned is the distribution of the released models of the folders, the rest the byte itself."""
        self.teacher, self.share = Teachers(folders, columns), np.float32(share)

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

    def step(self, indices, targets, level, seed):
        """One step on int32 [rows, columns] and int64 [rows], with learning rates at `level`, 1 to 0; returns the loss in bits per byte."""
        config, quantised = self.config, self.dense.weight_bits is not None
        warm = min(1.0, (self.bytes + 1) / config["warmUpBytes"])
        for group in self.optimiser.param_groups:
            group["lr"] = config["denseRate"] * warm * (0.02 + 0.98 * level)
        count = len(indices)
        x = torch.empty(count, len(self.columns) * WIDTH, dtype=OPERAND)
        gather(self.table, indices, view(x), quantised)
        logits, saved = self.dense.forward(x)
        probability = torch.softmax(logits, 1)
        known = probability.gather(1, torch.from_numpy(targets)[:, None])[:, 0]
        random = torch.Generator().manual_seed(seed)
        rows, d, weight = lesson(self.teacher, self.share, indices, targets, probability.numpy(), known.numpy(), logits.numpy(), random)
        self.taught += len(rows)
        d = torch.nn.functional.pad(torch.from_numpy(d * weight[:, None]), (0, 0, 0, -len(rows) % WHOLE))
        rows = torch.from_numpy(filled(rows))
        by_weights, by_biases, by_x = self.dense.backward(saved, rows, d)
        by_parameters = by_weights + by_biases
        norm = math.sqrt(sum(float(g.pow(2).sum()) for g in by_parameters)) / count
        for parameter, gradient in zip(self.dense.parameters, by_parameters):
            parameter.grad = gradient.mul_(min(1.0, LONGEST_GRADIENT / (norm + 1e-6)) / count)
        self.optimiser.step()
        rate = np.float32(config["tableRate"] * warm * (0.05 + 0.95 * level))
        scatter_adagrad(self.table, self.squares, self.sums, indices, rows.numpy(), view(by_x), rate)
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
