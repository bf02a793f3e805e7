"""The dense part: a ReLU network, in fixed point when it is quantised.

Forward and backward are written out, because on a CPU the passes between the matrix products cost as much as they do:
products take operands of bfloat16 (or float32, shared/operands.py), everything between two products is one pass, and only the rows that teach something are
propagated back (`Dense.backward`).
"""
import math

import numpy as np
import torch

from shared.operands import OPERAND, view

from .grids import BYTE_LIMIT, HIDDEN_GRID, LOGIT_GRID, LOGIT_HIGH, LOGIT_LOW, SPREAD, WEIGHT_LIMIT
from .kernels import activate, mask


def finest(weights, largest_input):
    """The finest power-of-two grid on which all but one weight in 10,000 fit in WEIGHT_LIMIT, and sums stay well below 2^24: one for all outputs."""
    w = weights.abs().numpy()
    bits = int(math.floor(math.log2(WEIGHT_LIMIT / float(np.quantile(w, 0.9999)))))
    while 1.5 * largest_input * np.minimum(w * 2.0**bits, WEIGHT_LIMIT).sum(0).max() > 2**24:
        bits -= 1
    return torch.full((w.shape[1],), bits)


def nearest(weights):
    """For each output the power-of-two grid that its weights, in +-BYTE_LIMIT, come nearest to; at most SPREAD apart."""
    w = weights.numpy()
    tried = np.arange(0, 16)
    error = np.array([((w - np.clip(np.floor(w * 2.0**b + 0.5), -BYTE_LIMIT, BYTE_LIMIT) / 2.0**b) ** 2).sum(0) for b in tried])
    bits = tried[error.argmin(0)]
    return torch.from_numpy(np.minimum(bits, bits.min() + SPREAD))


class Dense:
    """Layers [widths[i], widths[i+1]], fp32 master weights. `weight_bits` is None until training goes on the grids."""

    def __init__(self, widths, seed, limit=WEIGHT_LIMIT):
        self.limit = limit
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
        """int64 [outputs] of every layer: the grids 2**-bits that its weights come nearest to, all alike with WEIGHT_LIMIT."""
        self.weight_bits = [finest(w, 255 if i else 127) if self.limit == WEIGHT_LIMIT else nearest(w) for i, w in enumerate(self.weights)]
        return [sorted(set(bits.tolist())) for bits in self.weight_bits]

    def used_weights(self):
        """The weights as the network multiplies with them: on their grids, where they have any."""
        if self.weight_bits is None:
            return self.weights
        grids = [torch.exp2(bits.float()) for bits in self.weight_bits]
        return [torch.floor(w * s + 0.5).clamp_(-self.limit, self.limit) / s for w, s in zip(self.weights, grids)]

    def forward(self, x):
        """An operand [rows, widths[0]] -> (logits fp32 [rows, 256], what `backward` needs)."""
        quantised = self.weight_bits is not None
        weights = [w.to(OPERAND) for w in self.used_weights()]
        inputs = [x]
        for w, b in zip(weights[:-1], self.biases[:-1]):
            product = inputs[-1] @ w
            out = torch.empty_like(product)
            activate(view(product), b.numpy(), quantised, view(out))
            inputs.append(out)
        logits = (inputs[-1] @ weights[-1]).float().add_(self.biases[-1])
        if quantised:
            logits = torch.floor_(logits.mul_(LOGIT_GRID).add_(0.5)).div_(LOGIT_GRID)
        return logits.clamp_(LOGIT_LOW, LOGIT_HIGH), (inputs, weights)

    def backward(self, saved, rows, d):
        """Gradients of the sum of the losses: d fp32 [len(rows), 256] is that by the logits of the rows given, before the clip.

        Returns (by weights, by biases, by the input: an operand [len(rows), widths[0]]); rounding passes straight through.
        """
        inputs, weights = saved
        by_weights, by_biases = [None] * len(weights), [None] * len(weights)
        by_biases[-1] = d.sum(0)
        d = d.to(OPERAND)
        for i in reversed(range(len(weights))):
            x = inputs[i].index_select(0, rows)
            by_weights[i] = (x.t() @ d).float()
            d = d @ weights[i].t()
            if i:
                mask(view(d), view(x))
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
