"""Released context models as teachers: their distribution of every byte is most of what a smaller network is to learn.

Its products are of OPERAND (shared/operands.py), as the trainer's: its weights have 10 bits there and bfloat16, where that is used, has 8, so what it says is a little off what the exported
model says. It need not be exact; it takes 0.9 microseconds a byte so.
"""
import itertools

import numpy as np
import onnx
import torch
from numba import njit, prange
from onnx import numpy_helper

from shared.columns import released_columns
from shared.operands import OPERAND, load, store, view

from .grids import LOGIT_GRID, WIDTH


@njit(parallel=True, cache=True)
def gather_bytes(table, indices, source, start, shift, offset, out):
    """Rows of an int8 table side by side in an operand: column c's is offset[c] + ((indices[:, source[c]] - start[c]) >> shift[c])."""
    rows, columns = out.shape[0], len(source)
    for i in prange(rows):
        values = np.empty(columns * WIDTH, dtype=np.float32)
        for c in range(columns):
            r = offset[c] + ((indices[i, source[c]] - start[c]) >> shift[c])
            for j in range(WIDTH):
                values[c * WIDTH + j] = table[r, j]
        store(values, out[i])


@njit(parallel=True, cache=True)
def cut_off(product, bias, out):
    """out = clip(floor(product + bias), 0, 255): operands [rows, width]."""
    rows, width = product.shape
    for i in prange(rows):
        values = np.empty(width, dtype=np.float32)
        load(product[i], values)
        for j in range(width):
            values[j] = min(np.float32(255), max(np.float32(0), np.floor(values[j] + bias[j])))
        store(values, out[i])


class Teacher:
    """folder: a released model with the columns that `columns` (of the student, columns.py) looks up as well."""

    def __init__(self, folder, columns):
        graph = onnx.load(folder / "model.onnx").graph
        constants = {i.name: numpy_helper.to_array(i) for i in graph.initializer}
        self.table = constants["table"]
        count = sum(name.endswith("_w") for name in constants)
        self.weights = [torch.from_numpy(constants[f"layer{i + 1}_w"].copy()).to(OPERAND) for i in range(count)]
        self.biases = [constants[f"layer{i + 1}_b"].astype(np.float32) for i in range(count)]
        mine = released_columns(folder)
        names = columns.all_names
        self.source = np.array([names.index(c["context"]) for c in mine], dtype=np.int64)
        finer = [int(columns.all_bits[s]) - c["bits"] for s, c in zip(self.source, mine)]
        if min(finer) < 0:
            raise SystemExit("a column has fewer rows than the teacher's: its rows cannot be told from the student's indices")
        self.shift = np.array(finer, dtype=np.int64)
        # The student's indices carry their columns' offsets, which are multiples of no power of two: taken off before the shift.
        self.start = columns.all_offsets[self.source]
        self.offset = np.array([c["offset"] for c in mine], dtype=np.int64)

    def probabilities(self, indices):
        """int32 [rows, all columns] -> fp32 [rows, 256]"""
        x = torch.empty(len(indices), len(self.source) * WIDTH, dtype=OPERAND)
        gather_bytes(self.table, indices, self.source, self.start, self.shift, self.offset, view(x))
        for w, b in zip(self.weights[:-1], self.biases[:-1]):
            product = x @ w
            x = torch.empty_like(product)
            cut_off(view(product), b, view(x))
        logits = (x @ self.weights[-1]).float().add_(torch.from_numpy(self.biases[-1])).clamp_(-1024, 1023)
        return torch.softmax(logits.div_(LOGIT_GRID), 1)


class Teachers:
    """Several, of the folders, one after the other asked about a batch. What is learned is linear in what the teacher says, so that is on average
    the mean of their distributions, which is nearer to the truth than any of them, for the time of one."""

    def __init__(self, folders, columns):
        self.turns = itertools.cycle([Teacher(folder, columns) for folder in folders])

    def probabilities(self, indices):
        """int32 [rows, all columns] -> fp32 [rows, 256]"""
        return next(self.turns).probabilities(indices)
