"""Attention in whole numbers, with the gradient of the function that they follow (grids.py; DESIGN section 2)."""
import math

import torch

from . import grids


def seventh(a):
    """a^7 by products: pow is slow."""
    squared = a * a
    return squared * squared * squared * a


def weights(u):
    """128 (1 - u/128)^8 by square-and-floor; overwrites u."""
    w = u.neg_().add_(grids.WEIGHT_ONE)
    for _ in range(3):
        w = w.mul_(w).mul_(1 / grids.WEIGHT_ONE).floor_()
    return w


_tables = {}


def reciprocals(device):
    if device not in _tables:
        _tables[device] = [torch.from_numpy(t).float().to(device) for t in grids.reciprocal_tables()]
    return _tables[device]


def quotient(products, total):
    """round(OUTPUT_GRID/VALUE_GRID * products / total) through the tables of reciprocals; whole numbers."""
    row = sum(torch.floor(total * 2.0**-s).clamp(max=most) for s, most in grids.SUM_PIECES).long()
    power, mantissa = reciprocals(total.device)
    near = torch.floor((products * power[row]).clamp(-grids.QUOTIENT_LIMIT, grids.QUOTIENT_LIMIT))
    result = torch.floor(near * mantissa[row] * 2.0**-grids.RECIPROCAL_SHIFT + 0.5)
    return result.clamp(-grids.OUTPUT_LIMIT, grids.OUTPUT_LIMIT)


class ExactAttention(torch.autograd.Function):
    """q [B,H,R,h] on keys k, values v [B,H,T,h] and, where given, each row's own key and value [B,H,R,h].

    All on their grids. seen: bool [B,1,R,T]. -> [B,H,R,h] on OUTPUT_GRID. A row sees at least one key.
    """

    @staticmethod
    def forward(ctx, q, k, v, own_k, own_v, seen):
        scale = 2.0**-grids.score_shift(q.shape[-1]) * grids.KEY_GRID**2
        score = (q @ k.transpose(-1, -2)).mul_(scale).add_(0.5).floor_()
        score.masked_fill_(~seen, -grids.HIDDEN_PENALTY)
        top = score.amax(-1, keepdim=True)
        if own_k is not None:
            own_score = torch.floor((q * own_k).sum(-1, keepdim=True) * scale + 0.5)
            top = torch.maximum(top, own_score)
        u = (top - score).clamp_(0, grids.WEIGHT_ONE)
        kept = u.to(torch.uint8)
        w = weights(u)
        total = w.sum(-1, keepdim=True)
        products = w @ (v * grids.VALUE_GRID)
        own = None
        if own_k is not None:
            own = (top - own_score).clamp(0, grids.WEIGHT_ONE)
            own_w = weights(own.clone())
            total = total + own_w
            products = products + own_w * (own_v * grids.VALUE_GRID)
        out = quotient(products, total) / grids.OUTPUT_GRID
        ctx.save_for_backward(q, k, v, own_k, own_v, kept, own, total, out)
        return out

    @staticmethod
    def backward(ctx, g):
        """o = sum w v / S with w = 128 a^8, a = 1 - u/128 and u = 16 (largest - score): d o / d score = 128 a^7 (v - o) / S."""
        q, k, v, own_k, own_v, kept, own, total, out = ctx.saved_tensors
        scale = 2.0 ** -(int(math.log2(q.shape[-1])) // 2)
        a = 1 - kept.to(g.dtype) / grids.WEIGHT_ONE
        slope = seventh(a).mul_(grids.WEIGHT_ONE / total)
        towards = (g * out).sum(-1, keepdim=True)
        d_score = (g @ v.transpose(-1, -2)).sub_(towards).mul_(slope).mul_(scale)
        d_v = (slope * a).transpose(-1, -2) @ g
        d_q, d_k = d_score @ k, d_score.transpose(-1, -2) @ q
        d_own_k = d_own_v = None
        if own_k is not None:
            a = 1 - own / grids.WEIGHT_ONE
            slope = seventh(a) * grids.WEIGHT_ONE / total
            d_own = ((g * own_v).sum(-1, keepdim=True) - towards) * slope * scale
            d_own_v = slope * a * g
            d_q, d_own_k = d_q + d_own * own_k, d_own * q
        return d_q, d_k, d_v, d_own_k, d_own_v, None
