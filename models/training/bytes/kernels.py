"""Passes over rows between the matrix products, compiled: rows of the table, activations, the table's step.

bfloat16 is handled as its bits, uint16.
"""
from pathlib import Path

import numba
import numpy as np
import torch
from numba import njit, prange

from .grids import EMBEDDING_GRID, HIDDEN_GRID, HIDDEN_LIMIT, WIDTH


@njit(inline="always")
def rounded16(bits):
    """The upper half of a float32's bits, rounded to nearest even: bfloat16."""
    return np.uint16((bits + np.uint32(0x7FFF) + ((bits >> np.uint32(16)) & np.uint32(1))) >> np.uint32(16))


@njit(parallel=True, cache=True)
def activate(product, bias, quantised, out):
    """out = clip(product + bias, 0, 255/32), rounded to the grid if quantised. uint16 views of bfloat16 [rows, width]."""
    rows, width = product.shape
    for i in prange(rows):
        bits = np.empty(width, dtype=np.uint32)
        values = bits.view(np.float32)
        for j in range(width):
            bits[j] = np.uint32(product[i, j]) << np.uint32(16)
        for j in range(width):
            v = values[j] + bias[j]
            if quantised:
                v = np.floor(v * np.float32(HIDDEN_GRID) + np.float32(0.5)) * np.float32(1 / HIDDEN_GRID)
            values[j] = min(HIDDEN_LIMIT, max(np.float32(0), v))
        for j in range(width):
            out[i, j] = rounded16(bits[j])


@njit(parallel=True, cache=True)
def mask(gradient, activation):
    """Zeroes the gradient where the activation is at either end of its range. uint16 views of bfloat16 [rows, width]."""
    top = np.uint16(0x40FF)  # 255/32 in bfloat16
    rows, width = gradient.shape
    for i in prange(rows):
        for j in range(width):
            a = activation[i, j]
            if a == 0 or a >= top:
                gradient[i, j] = 0


def has_products16():
    """Whether this processor multiplies bfloat16 itself; what emulates it takes a hundred times as long as float32."""
    flags = Path("/proc/cpuinfo").read_text() if Path("/proc/cpuinfo").exists() else ""
    return "avx512_bf16" in flags or "amx_bf16" in flags


PRODUCTS_16 = has_products16()


def product16(a, b):
    """bfloat16 [n, k] @ [k, m], summed in float32 -> bfloat16 [n, m]."""
    return a @ b if PRODUCTS_16 else (a.float() @ b.float()).bfloat16()


def view16(tensor):
    """A bfloat16 tensor as a numpy array of its bits, sharing memory."""
    return tensor.view(torch.int16).numpy().view(np.uint16)


@njit(parallel=True, cache=True)
def gather(table, indices, out, quantised):
    """Embeddings of every column side by side, fp32 [rows, columns * WIDTH]."""
    rows, columns = len(indices), out.shape[1] // WIDTH
    for c in prange(columns):
        for i in range(rows):
            r = indices[i, c]
            for j in range(WIDTH):
                v = table[r, j]
                out[i, c * WIDTH + j] = np.floor(v * EMBEDDING_GRID + np.float32(0.5)) / EMBEDDING_GRID if quantised else v


@njit(parallel=True, cache=True)
def gather16(table, indices, out, quantised):
    """`gather` into the bits of bfloat16."""
    rows, columns = len(indices), out.shape[1] // WIDTH
    for i in prange(rows):
        bits = np.empty(columns * WIDTH, dtype=np.uint32)
        values = bits.view(np.float32)
        for c in range(columns):
            r = indices[i, c]
            for j in range(WIDTH):
                values[c * WIDTH + j] = table[r, j]
        if quantised:
            for j in range(columns * WIDTH):
                values[j] = np.floor(values[j] * np.float32(EMBEDDING_GRID) + np.float32(0.5)) * np.float32(1 / EMBEDDING_GRID)
        for j in range(columns * WIDTH):
            out[i, j] = rounded16(bits[j])


@njit(parallel=True, cache=True, fastmath=True)
def scatter_adagrad(table, squares, sums, indices, chosen, grads, rate):
    """Row-wise Adagrad on the sum of a batch's gradients; the columns own disjoint rows, so they run in parallel.

    indices int32 [rows, columns], chosen int64: which of them; grads: bits of bfloat16 [len(chosen), columns * WIDTH].
    sums: like the table, zero before and after. A row that thousands of positions share (the context "none") must take one
    step a batch: a step for every use, all from the same stale gradient, diverges.
    """
    columns = grads.shape[1] // WIDTH
    limit = np.float32(127 / EMBEDDING_GRID)
    for c in prange(columns):
        bits = np.empty(WIDTH, dtype=np.uint32)
        g = bits.view(np.float32)
        for i in range(len(chosen)):
            r = indices[chosen[i], c]
            for j in range(WIDTH):
                bits[j] = np.uint32(grads[i, c * WIDTH + j]) << np.uint32(16)
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
