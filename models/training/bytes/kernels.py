"""Passes over rows between the matrix products, compiled: rows of the table, activations, the table's step."""
import numba
import numpy as np
import torch
from numba import njit, prange

from shared.operands import load, store

from .grids import EMBEDDING_GRID, HIDDEN_GRID, HIDDEN_LIMIT, WIDTH


@njit(parallel=True, cache=True)
def activate(product, bias, quantised, out):
    """out = clip(product + bias, 0, 255/32), rounded to the grid if quantised: operands [rows, width]."""
    rows, width = product.shape
    for i in prange(rows):
        values = np.empty(width, dtype=np.float32)
        load(product[i], values)
        for j in range(width):
            v = values[j] + bias[j]
            if quantised:
                v = np.floor(v * np.float32(HIDDEN_GRID) + np.float32(0.5)) * np.float32(1 / HIDDEN_GRID)
            values[j] = min(HIDDEN_LIMIT, max(np.float32(0), v))
        store(values, out[i])


@njit(parallel=True, cache=True)
def mask(gradient, activation):
    """Zeroes the gradient where the activation is at either end of its range: operands [rows, width]."""
    rows, width = gradient.shape
    for i in prange(rows):
        values = np.empty(width, dtype=np.float32)
        load(activation[i], values)
        for j in range(width):
            if values[j] <= 0 or values[j] >= HIDDEN_LIMIT:
                gradient[i, j] = 0


@njit(parallel=True, cache=True)
def gather(table, indices, out, quantised):
    """Embeddings of every column side by side: an operand or fp32 [rows, columns * WIDTH]."""
    rows, columns = len(indices), out.shape[1] // WIDTH
    for i in prange(rows):
        values = np.empty(columns * WIDTH, dtype=np.float32)
        for c in range(columns):
            r = indices[i, c]
            for j in range(WIDTH):
                values[c * WIDTH + j] = table[r, j]
        if quantised:
            for j in range(columns * WIDTH):
                values[j] = np.floor(values[j] * np.float32(EMBEDDING_GRID) + np.float32(0.5)) * np.float32(1 / EMBEDDING_GRID)
        store(values, out[i])


@njit(parallel=True, cache=True, fastmath=True)
def scatter_adagrad(table, squares, sums, indices, chosen, grads, rate):
    """Row-wise Adagrad on the sum of a batch's gradients; the columns own disjoint rows, so they run in parallel.

    indices int32 [rows, columns], chosen int64: which of them; grads: an operand [len(chosen), columns * WIDTH].
    sums: like the table, zero before and after. A row that thousands of positions share (the context "none") must take one
    step a batch: a step for every use, all from the same stale gradient, diverges.
    """
    columns = grads.shape[1] // WIDTH
    limit = np.float32(127 / EMBEDDING_GRID)
    for c in prange(columns):
        g = np.empty(WIDTH, dtype=np.float32)
        for i in range(len(chosen)):
            r = indices[chosen[i], c]
            load(grads[i, c * WIDTH : (c + 1) * WIDTH], g)
            for j in range(WIDTH):
                sums[r, j] += g[j]
        for i in range(len(chosen)):
            r = indices[chosen[i], c]
            s = np.float32(0)
            for j in range(WIDTH):
                s += sums[r, j] * sums[r, j]
            if s == 0:
                continue
            squares[r] += s * np.float32(1 / WIDTH)
            step = rate / np.sqrt(squares[r] + np.float32(1e-8))
            for j in range(WIDTH):
                v = table[r, j] - step * sums[r, j]
                table[r, j] = min(limit, max(-limit, v))
                sums[r, j] = 0


def threads(n):
    torch.set_num_threads(n)
    numba.set_num_threads(n)
