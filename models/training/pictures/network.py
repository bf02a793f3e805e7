"""The network of one kind of step: a chain of ReLU layers on bytes, trained in floats, used in whole numbers.

A layer computes clip(floor((x w + b) 2^-k + 1/2), low, high) with whole x, w, b: |w| <= 64, 0..255 for hidden layers, -1024..1023 for the
last. Inputs are bytes less 128. In training all are fractions: inputs, activations and outputs in units of 64, weights in units of
2^k; rounding passes gradients straight through.
"""
import math

import numba
import numpy as np
import torch
from numba import njit

from shared.operands import OPERAND, load, store, view

from lattice import WIDTH
from logistics import HIGHEST, LOWEST, OUTPUTS

UNIT = 64
WEIGHT_LIMIT = 64
TOP = np.float32(255 / UNIT)


BYTES = ((np.arange(256) - 128) / UNIT).astype(np.float32)  # exact in bfloat16, too


@njit(cache=True)
def take(rows, bytes_, out):
    """out = bytes less 128, in units of UNIT: an operand [rows, width]."""
    values = np.empty(rows.shape[1], dtype=np.float32)
    for i in range(len(rows)):
        for j in range(rows.shape[1]):
            values[j] = bytes_[rows[i, j]]
        store(values, out[i])


@njit(cache=True)
def activate(product, bias, out):
    """out = clip(round(product + bias to 1/UNIT), 0, 255 / UNIT): operands [rows, width]."""
    rows, width = product.shape
    values = np.empty(width, dtype=np.float32)
    for i in range(rows):
        load(product[i], values)
        for j in range(width):
            v = np.floor((values[j] + bias[j]) * np.float32(UNIT) + np.float32(0.5)) * np.float32(1 / UNIT)
            values[j] = min(TOP, max(np.float32(0), v))
        store(values, out[i])


@njit(cache=True)
def mask(gradient, activation):
    """Zeroes the gradient where the activation is at either end of its range: operands [rows, width]."""
    rows, width = gradient.shape
    values = np.empty(width, dtype=np.float32)
    for i in range(rows):
        load(activation[i], values)
        for j in range(width):
            if values[j] <= 0 or values[j] >= TOP:
                gradient[i, j] = 0


class Network:
    """fp32 master weights [in, out] by layer. `quantised`: weights are rounded to their grid before they are used."""

    def __init__(self, hidden, shifts, seed):
        widths = [WIDTH, *hidden, OUTPUTS]
        generator = torch.Generator().manual_seed(seed)
        self.weights = [torch.randn(a, b, generator=generator) * math.sqrt(2.0 / a) for a, b in zip(widths, widths[1:])]
        self.weights[-1].mul_(0.1)
        self.biases = [torch.zeros(b) for b in widths[1:]]
        self.shifts = list(shifts)
        self.quantised = False
        self.limit()

    @property
    def parameters(self):
        return self.weights + self.biases

    def limit(self):
        for w, k in zip(self.weights, self.shifts):
            w.clamp_(-WEIGHT_LIMIT / 2**k, WEIGHT_LIMIT / 2**k)

    def used(self):
        if not self.quantised:
            return self.weights
        return [torch.floor(w * 2.0**k + 0.5).div_(2.0**k) for w, k in zip(self.weights, self.shifts)]

    def forward(self, rows):
        """uint8 [n, WIDTH] -> (outputs float32 [n, OUTPUTS] in units of the integers, what `backward` needs)."""
        x = torch.empty(rows.shape, dtype=OPERAND)
        take(rows, BYTES, view(x))
        weights = self.used()
        operands = [w.to(OPERAND) for w in weights]
        inputs = [x]
        for w, b in zip(operands[:-1], self.biases[:-1]):
            product = inputs[-1] @ w
            out = torch.empty_like(product)
            activate(view(product), b.numpy(), view(out))
            inputs.append(out)
        outputs = (inputs[-1].float() @ weights[-1]).add_(self.biases[-1]).mul_(UNIT)
        outputs = torch.floor_(outputs.add_(0.5)).clamp_(LOWEST, HIGHEST)
        return outputs, (inputs, operands)

    def backward(self, saved, outputs, d):
        """Sets the gradients: d float32 [n, OUTPUTS] is that of the loss by the outputs in units of UNIT."""
        inputs, operands = saved
        d = torch.where(((outputs <= LOWEST) & (d > 0)) | ((outputs >= HIGHEST) & (d < 0)), torch.zeros_like(d), d)
        self.biases[-1].grad = d.sum(0)
        d = d.to(OPERAND)
        for i in range(len(operands) - 1, -1, -1):
            self.weights[i].grad = (inputs[i].t() @ d).float()
            if i == 0:
                break
            d = d @ operands[i].t()
            mask(view(d), view(inputs[i]))
            self.biases[i - 1].grad = d.sum(0, dtype=torch.float32)

    def integers(self):
        """[(weights int64 [in, out], bias int64 [out], shift)] of the layers: what is exported.

        A sum is in units of 2^-k of the next layer's; the fractions' bias has units of UNIT.
        """
        layers = []
        for w, b, k in zip(self.weights, self.biases, self.shifts):
            whole = torch.floor(w * 2.0**k + 0.5).clamp_(-WEIGHT_LIMIT, WEIGHT_LIMIT)
            layers.append((whole.numpy().astype(np.int64), np.floor(b.numpy() * UNIT * 2.0**k + 0.5).astype(np.int64), k))
        return layers


def exact(layers, rows):
    """int64 [n, OUTPUTS] of uint8 rows. In float32, which holds every sum exactly: in units of 2^-k they are whole and below 2^24."""
    x = torch.from_numpy(rows).float().sub_(128)
    for i, (w, b, k) in enumerate(layers):
        low, high = (LOWEST, HIGHEST) if i == len(layers) - 1 else (0, 255)
        weights, bias = (torch.from_numpy((v * 2.0**-k).astype(np.float32)) for v in (w, b + (1 << (k - 1))))
        x = torch.addmm(bias, x, weights).floor_().clamp_(low, high)
    return x.numpy().astype(np.int64)


class Optimiser:
    """Momentum whose matrices are made orthogonal (Muon, K. Jordan 2024) for the weights, Adam for biases and the last layer.

    An orthogonal step moves all directions of a layer alike; scaled to the root mean square of Adam's (J. Liu et al., 2025), so
    one learning rate serves both.
    """

    def __init__(self, network, rate):
        self.matrices = network.weights[:-1]
        self.momenta = [torch.zeros_like(w) for w in self.matrices]
        self.rest = torch.optim.Adam([network.weights[-1], *network.biases], lr=rate, betas=(0.9, 0.98))

    def step(self, rate):
        for group in self.rest.param_groups:
            group["lr"] = rate
        self.rest.step()
        for w, m in zip(self.matrices, self.momenta):
            m.mul_(0.95).add_(w.grad)
            w.sub_(orthogonal(w.grad + 0.95 * m), alpha=rate * 0.2 * math.sqrt(max(w.shape)))

    def state(self):
        return {"momenta": self.momenta, "rest": self.rest.state_dict()}

    def load(self, state):
        for mine, saved in zip(self.momenta, state["momenta"]):
            mine.copy_(saved)
        self.rest.load_state_dict(state["rest"])


def orthogonal(matrix):
    """About the nearest matrix with orthogonal rows or columns: five steps of a Newton-Schulz iteration, in OPERAND."""
    x = matrix / (matrix.norm() + 1e-12)
    x = x.to(OPERAND)
    wide = x.shape[0] <= x.shape[1]
    if not wide:
        x = x.t()
    for _ in range(5):
        square = x @ x.t()
        x = 3.4445 * x + (-4.775 * square + 2.0315 * (square @ square)) @ x
    return (x if wide else x.t()).float()


def threads(n):
    torch.set_num_threads(n)
    numba.set_num_threads(n)
