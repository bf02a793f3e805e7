"""The context network: an embedding row per context, then a ReLU network, in fixed point when `quantised`.

Grids (powers of two): embedding 1/32 in +-127/32, hidden activations 1/32 in 0..255/32, logits 1/16 nat in -64..64,
weights of layer i 2**-weight_bits[i] in +-511 (10 bits: a coarser grid of 8 bits cost text-1 0.04 bits per byte).

Forward and backward are written out, because on a CPU the passes between the matrix products cost as much as they do:
products take bfloat16 operands, everything between two products is one pass, and only the rows that teach something are
propagated back (`Dense.backward`).
"""
import math

import numba
import numpy as np
import torch
from numba import njit, prange

EMBEDDING_GRID = 32
HIDDEN_GRID = 32
LOGIT_GRID = 16
LOGIT_LOW, LOGIT_HIGH = -1024 / LOGIT_GRID, 1023 / LOGIT_GRID
WEIGHT_LIMIT = 511
WIDTH = 16  # elements of an embedding row; a constant so that numba unrolls the loops over it
HIDDEN_LIMIT = np.float32(255 / HIDDEN_GRID)


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


def view16(tensor):
    """A bfloat16 tensor as a numpy array of its bits, sharing memory."""
    return tensor.view(torch.int16).numpy().view(np.uint16)


class Dense:
    """Layers [widths[i], widths[i+1]], fp32 master weights. `weight_bits` is None until training goes on the grids."""

    def __init__(self, widths, seed):
        generator = torch.Generator().manual_seed(seed)
        self.weights = [torch.randn(a, b, generator=generator) * math.sqrt(2.0 / a) for a, b in zip(widths, widths[1:])]
        # Tables start at zero; a positive bias keeps the ReLUs alive until they have learned something.
        self.biases = [torch.full((b,), 0.1) for b in widths[1:]]
        self.weight_bits = None

    @property
    def parameters(self):
        return self.weights + self.biases

    def centre(self, shares):
        """Makes the logits' mean over the symbols, weighted by `shares` fp32 [256], 0 for every input.

        Adding a constant to all logits changes no probability, so nothing in the loss holds them; they drift until the clip at
        -64 makes them all alike. Weighted by how often symbols occur, so that those which never do may go to the clip."""
        self.weights[-1].sub_((self.weights[-1] @ shares)[:, None])
        self.biases[-1].sub_(self.biases[-1] @ shares)

    def choose_grids(self):
        """Per layer the finest power-of-two grid on which all but one weight in 10,000 fit, and sums stay well below 2^24."""
        self.weight_bits = []
        for i, w in enumerate(self.weights):
            w = w.abs().numpy()
            bits = int(math.floor(math.log2(WEIGHT_LIMIT / float(np.quantile(w, 0.9999)))))
            while 1.5 * (255 if i else 127) * np.minimum(w * 2.0**bits, WEIGHT_LIMIT).sum(0).max() > 2**24:
                bits -= 1
            self.weight_bits.append(bits)
        return self.weight_bits

    def used_weights(self):
        """The weights as the network multiplies with them: on their grids, where they have any."""
        if self.weight_bits is None:
            return self.weights
        grids = [float(2**bits) for bits in self.weight_bits]
        return [torch.floor(w * s + 0.5).clamp_(-WEIGHT_LIMIT, WEIGHT_LIMIT) / s for w, s in zip(self.weights, grids)]

    def forward(self, x):
        """bfloat16 [rows, widths[0]] -> (logits fp32 [rows, 256], what `backward` needs)."""
        quantised = self.weight_bits is not None
        weights = [w.bfloat16() for w in self.used_weights()]
        inputs = [x]
        for w, b in zip(weights[:-1], self.biases[:-1]):
            product = inputs[-1] @ w
            out = torch.empty_like(product)
            activate(view16(product), b.numpy(), quantised, view16(out))
            inputs.append(out)
        logits = (inputs[-1] @ weights[-1]).float().add_(self.biases[-1])
        if quantised:
            logits = torch.floor_(logits.mul_(LOGIT_GRID).add_(0.5)).div_(LOGIT_GRID)
        return logits.clamp_(LOGIT_LOW, LOGIT_HIGH), (inputs, weights)

    def backward(self, saved, rows, d):
        """Gradients of the sum of the losses: d fp32 [len(rows), 256] is that by the logits of the rows given, before the clip.

        Returns (by weights, by biases, by the input: bfloat16 [len(rows), widths[0]]); rounding passes straight through.
        """
        inputs, weights = saved
        by_weights, by_biases = [None] * len(weights), [None] * len(weights)
        by_biases[-1] = d.sum(0)
        d = d.bfloat16()
        for i in reversed(range(len(weights))):
            x = inputs[i].index_select(0, rows)
            by_weights[i] = (x.t() @ d).float()
            d = d @ weights[i].t()
            if i:
                mask(view16(d), view16(x))
                by_biases[i - 1] = d.float().sum(0)
        return by_weights, by_biases, d

    def exact(self, x):
        """fp32 [rows, widths[0]] -> logits, every product in fp32: what the exported network computes, once quantised."""
        weights = self.used_weights()
        for i, (w, b) in enumerate(zip(weights, self.biases)):
            grid = LOGIT_GRID if i + 1 == len(weights) else HIDDEN_GRID
            x = torch.addmm(b, x, w)
            if self.weight_bits is not None:
                x = torch.floor(x * grid + 0.5) / grid
            x = x.clamp_(LOGIT_LOW, LOGIT_HIGH) if i + 1 == len(weights) else x.clamp_(0, 255 / grid)
        return x


@njit(parallel=True, cache=True)
def gather(table, indices, out, quantised):
    """Embeddings of every column side by side, fp32 [rows, columns * WIDTH]."""
    rows, columns = indices.shape
    for c in prange(columns):
        for i in range(rows):
            r = indices[i, c]
            for j in range(WIDTH):
                v = table[r, j]
                out[i, c * WIDTH + j] = np.floor(v * EMBEDDING_GRID + np.float32(0.5)) / EMBEDDING_GRID if quantised else v


@njit(parallel=True, cache=True)
def gather16(table, indices, out, quantised):
    """`gather` into the bits of bfloat16."""
    rows, columns = indices.shape
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
    columns = indices.shape[1]
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
