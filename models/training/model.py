"""The context network: an embedding row per context, then a ReLU network, in fixed point when `quantised`.

Grids (powers of two): embedding 1/32 in +-127/32, hidden activations 1/32 in 0..255/32, logits 1/16 nat in -64..64,
weights of layer i 2**-weight_bits[i] in +-511 (10 bits: a coarser grid of 8 bits cost text-1 0.04 bits per byte).
"""
import math

import numba
import numpy as np
import torch
from numba import njit, prange

EMBEDDING_GRID = 32
HIDDEN_GRID = 32
LOGIT_GRID = 16
WEIGHT_LIMIT = 511
WIDTH = 16  # elements of an embedding row; a constant so that numba unrolls the loops over it


class Round(torch.autograd.Function):
    """floor(x + 0.5), gradient passed straight through."""

    @staticmethod
    def forward(ctx, x):
        return torch.floor(x + 0.5)

    @staticmethod
    def backward(ctx, g):
        return g


class Multiply16(torch.autograd.Function):
    """x @ w with bfloat16 operands and fp32 sums: four times the speed. Training only; evaluation multiplies in fp32."""

    @staticmethod
    def forward(ctx, x, w):
        x, w = x.bfloat16(), w.bfloat16()
        ctx.save_for_backward(x, w)
        return (x @ w).float()

    @staticmethod
    def backward(ctx, g):
        x, w = ctx.saved_tensors
        g = g.bfloat16()
        return (g @ w.t()).float(), (x.t() @ g).float()


class Dense(torch.nn.Module):
    def __init__(self, widths, seed):
        super().__init__()
        generator = torch.Generator().manual_seed(seed)
        self.weights = torch.nn.ParameterList()
        self.biases = torch.nn.ParameterList()
        for a, b in zip(widths, widths[1:]):
            self.weights.append(torch.nn.Parameter(torch.randn(a, b, generator=generator) * math.sqrt(2.0 / a)))
            # Tables start at zero; a positive bias keeps the ReLUs alive until they have learned something.
            self.biases.append(torch.nn.Parameter(torch.full((b,), 0.1)))
        self.weight_bits = None

    def choose_grids(self):
        """Per layer the finest power-of-two grid on which all but one weight in 10,000 fit, and sums stay well below 2^24."""
        self.weight_bits = []
        for i, w in enumerate(self.weights):
            w = w.detach().abs().numpy()
            bits = int(math.floor(math.log2(WEIGHT_LIMIT / float(np.quantile(w, 0.9999)))))
            while 1.5 * (255 if i else 127) * np.minimum(w * 2.0**bits, WEIGHT_LIMIT).sum(0).max() > 2**24:
                bits -= 1
            self.weight_bits.append(bits)
        return self.weight_bits

    def forward(self, x):
        grids = [HIDDEN_GRID] * (len(self.weights) - 1) + [LOGIT_GRID]
        for i, (w, b, grid) in enumerate(zip(self.weights, self.biases, grids)):
            last = i + 1 == len(self.weights)
            if self.weight_bits is not None:
                s = float(2 ** self.weight_bits[i])
                w = Round.apply(w * s).clamp(-WEIGHT_LIMIT, WEIGHT_LIMIT) / s
            x = (Multiply16.apply(x, w) if self.training else x @ w) + b
            if self.weight_bits is not None:
                x = Round.apply(x * grid) / grid
            if not last:
                x = torch.nn.functional.hardtanh(x, 0, 255 / grid)
            else:
                x = torch.nn.functional.hardtanh(x, -1024 / grid, 1023 / grid)
        return x


@njit(parallel=True, cache=True)
def gather(table, indices, out, quantised):
    rows, columns = indices.shape
    for c in prange(columns):
        for i in range(rows):
            r = indices[i, c]
            for j in range(WIDTH):
                v = table[r, j]
                out[i, c * WIDTH + j] = np.floor(v * EMBEDDING_GRID + np.float32(0.5)) / EMBEDDING_GRID if quantised else v


@njit(parallel=True, cache=True, fastmath=True)
def scatter_adagrad(table, squares, indices, grads, rate):
    """Row-wise Adagrad, one step for every use of a row; the columns own disjoint rows, so they run in parallel."""
    rows, columns = indices.shape
    limit = np.float32(127 / EMBEDDING_GRID)
    for c in prange(columns):
        for i in range(rows):
            r = indices[i, c]
            s = np.float32(0)
            for j in range(WIDTH):
                g = grads[i, c * WIDTH + j]
                s += g * g
            squares[r] += s * np.float32(1 / WIDTH)
            step = rate / np.sqrt(squares[r] + np.float32(1e-8))
            for j in range(WIDTH):
                v = table[r, j] - step * grads[i, c * WIDTH + j]
                table[r, j] = min(limit, max(-limit, v))


def threads(n):
    torch.set_num_threads(n)
    numba.set_num_threads(n)
