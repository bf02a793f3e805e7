"""The attention tier: a group-causal Transformer beside the context features (paper section 3; DESIGN section 3.2).

Two streams with one set of weights, as in any-order GPT and two-stream attention. Content tokens (byte known) see content
of the same or earlier calls. Query tokens (position known, byte not) see content of strictly earlier calls, and themselves.
So one pass over both streams gives the logits of a whole block for any order and any number of calls.

Real numbers while it trains in float; on the grids of grids.py once `quantised`, with gradients passed straight through:
then the forward pass is the integer network of reference.py, number for number, in fp32.

A batch is a dict of integer tensors: content_{contexts [B,T,C], bytes, positions, calls [B,T]} and
query_{contexts [B,Q,C], positions, calls [B,Q]}; logits are float [B,Q,256], in nat.
"""
import math

import numpy as np
import torch
import torch.nn.functional as F
import torch.utils.checkpoint

from . import grids
from .exact_attention import ExactAttention


class Round(torch.autograd.Function):
    """floor(x + 0.5), gradient passed straight through."""

    @staticmethod
    def forward(ctx, x):
        return torch.floor(x + 0.5)

    @staticmethod
    def backward(ctx, g):
        return g


class Graft(torch.autograd.Function):
    """The second argument's value with the first one's gradient."""

    @staticmethod
    def forward(ctx, smooth, exact):
        return exact

    @staticmethod
    def backward(ctx, g):
        return g, None


def on_grid(x, grid, low, high):
    return (Round.apply(x * grid) / grid).clamp(low / grid, high / grid)


class Linear(torch.nn.Module):
    """x @ w + b. Once quantised, w lies on 2**-bits in +-WEIGHT_LIMIT units and b on the grid of the sum."""

    def __init__(self, inputs, outputs, grid, largest, gain, generator):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.randn(inputs, outputs, generator=generator) * gain / math.sqrt(inputs))
        self.bias = torch.nn.Parameter(torch.zeros(outputs))
        self.grid, self.largest = grid, largest  # of x: units per 1, and most units
        self.register_buffer("bits", torch.tensor(0))
        self.scale = None

    def quantise(self):
        """The finest grid on which all but one weight in 10,000 fit, with every sum of magnitudes below 2**24 / 1.2."""
        w = self.weight.detach().abs().double().cpu().numpy()
        bits = int(math.floor(math.log2(grids.WEIGHT_LIMIT / float(np.quantile(w, 0.9999)))))
        while 1.2 * self.largest * np.minimum(w * 2.0**bits, grids.WEIGHT_LIMIT).sum(0).max() > grids.EXACT:
            bits -= 1
        self.bits.fill_(bits)
        self.scale = 2.0**bits

    def reach(self):
        """What a sum can come to, in units of its grid: below 2**24, or the audit refuses it."""
        w, b = (p.detach().abs().double() for p in (self.weight, self.bias))
        units = torch.floor(w * self.scale + 0.5).clamp(max=grids.WEIGHT_LIMIT).sum(0) * self.largest
        return float((units + (b + 1) * (self.scale * self.grid)).max())

    def coarsen(self):
        self.bits -= 1
        self.scale /= 2

    def forward(self, x):
        if self.scale is None:
            return x @ self.weight + self.bias
        w = on_grid(self.weight, self.scale, -grids.WEIGHT_LIMIT, grids.WEIGHT_LIMIT)
        return x @ w + Round.apply(self.bias * (self.scale * self.grid)) / (self.scale * self.grid)


class Norm(torch.nn.Module):
    """x / rms(x), limited to +-255/32. No gain: the next weights absorb it."""

    def __init__(self, width):
        super().__init__()
        self.limit = grids.square_limit(width)
        self.register_buffer("roots", torch.from_numpy(grids.root_table(width)).float(), persistent=False)

    def forward(self, x, quantised):
        x = x.float()
        smooth = x * torch.rsqrt(x.square().mean(-1, keepdim=True) + 1e-5)
        edge = grids.NORM_LIMIT / grids.NORM_GRID
        smooth = smooth.clamp(-edge, edge)
        if not quantised:
            return smooth
        with torch.no_grad():
            n = x * grids.RESIDUAL_GRID
            small = torch.floor(n * 2.0**-grids.SQUARE_SHIFT + 0.5).clamp(-self.limit, self.limit)
            total = small.square().sum(-1, keepdim=True)
            row = sum(torch.floor(total * 2.0**-s).clamp(max=most) for s, most in grids.ROOT_PIECES)
            exact = (n * self.roots[row.long()]).clamp(-grids.NORM_LIMIT, grids.NORM_LIMIT)
            exact = torch.floor(exact + 0.5) / grids.NORM_GRID
        return Graft.apply(smooth, exact)


class Block(torch.nn.Module):
    def __init__(self, config, generator):
        super().__init__()
        width, hidden, depth = config["width"], config["hidden"], config["layers"]
        out = 1 / math.sqrt(2 * depth)
        n, g = grids.NORM_LIMIT, generator
        self.heads, self.last = config["heads"], False
        if config["attention"]:
            self.norm1 = Norm(width)
            self.qkv = Linear(width, 3 * width, grids.NORM_GRID, n, 1.0, g)
            self.out = Linear(width, width, grids.OUTPUT_GRID, grids.OUTPUT_LIMIT, out, g)
        self.norm2 = Norm(width)
        self.up = Linear(width, hidden, grids.NORM_GRID, n, 1.4, g)
        self.down = Linear(hidden, width, grids.NORM_GRID, n, out, g)

    def forward(self, x, tokens, quantised, contents):
        """x [B,N,d], contents first; tokens = (cos, sin, seen_by_content, seen_by_query); -> x of the same rows, or, in the
        last block, of the queries only."""
        if hasattr(self, "qkv"):
            mixed = self.attend(self.norm1(x, quantised), tokens, quantised, contents)
            x = self.add(x[:, -mixed.shape[1] :], self.out(mixed), quantised)
        y = self.up(self.norm2(x, quantised))
        if quantised:
            y = on_grid(y, grids.NORM_GRID, 0, grids.NORM_LIMIT)
        else:
            y = y.clamp(0, grids.NORM_LIMIT / grids.NORM_GRID)
        return self.add(x, self.down(y), quantised)

    @staticmethod
    def add(x, y, quantised):
        x = x + (Round.apply(y * grids.RESIDUAL_GRID) / grids.RESIDUAL_GRID if quantised else y.float())
        edge = grids.RESIDUAL_LIMIT / grids.RESIDUAL_GRID
        return x.clamp(-edge, edge)

    def attend(self, y, tokens, quantised, t):
        cos, sin, seen_by_content, seen_by_query = tokens
        batch, n, width = y.shape
        q, k, v = self.qkv(y).view(batch, n, 3, self.heads, width // self.heads).permute(2, 0, 3, 1, 4)
        q, k = rotate(q, cos, sin, quantised), rotate(k, cos, sin, quantised)
        if quantised:
            v = on_grid(v, grids.VALUE_GRID, -grids.VALUE_LIMIT, grids.VALUE_LIMIT)
        else:
            v = v.clamp(-grids.VALUE_LIMIT / grids.VALUE_GRID, grids.VALUE_LIMIT / grids.VALUE_GRID)
        (qc, qq), (kc, kq), (vc, vq) = ((z[:, :, :t], z[:, :, t:]) for z in (q, k, v))
        if quantised:
            mixed = [ExactAttention.apply(qq, kc, vc, kq, vq, seen_by_query)]
            if not self.last:
                mixed.insert(0, ExactAttention.apply(qc, kc, vc, None, None, seen_by_content))
        else:
            itself = torch.eye(n - t, dtype=torch.bool, device=y.device).expand(batch, 1, -1, -1)
            mixed = [soft(qq, torch.cat([kc, kq], 2), torch.cat([vc, vq], 2), torch.cat([seen_by_query, itself], -1))]
            if not self.last:
                mixed.insert(0, soft(qc, kc, vc, seen_by_content))
        return torch.cat(mixed, 2).transpose(1, 2).reshape(batch, -1, width)


def rotate(x, cos, sin, quantised):
    """Turns the pairs (x_i, x_{i + head/2}) by their position's angles; x [B,H,N,head], cos and sin [B,1,N,head/2]."""
    if quantised:
        x = on_grid(x, grids.KEY_GRID, -grids.KEY_LIMIT, grids.KEY_LIMIT)
    else:
        cos, sin = cos.to(x.dtype), sin.to(x.dtype)
    a, b = x.chunk(2, -1)
    x = torch.cat([a * cos - b * sin, a * sin + b * cos], -1)
    if quantised:
        return on_grid(x, grids.KEY_GRID, -grids.KEY_LIMIT, grids.KEY_LIMIT)
    edge = grids.KEY_LIMIT / grids.KEY_GRID
    return x.clamp(-edge, edge)


def soft(q, k, v, seen):
    """Softmax attention in float, with the scale of the integer one (a power of two near 1/sqrt(head))."""
    scale = 2.0 ** -(int(math.log2(q.shape[-1])) // 2)
    if hasattr(F, "scaled_dot_product_attention"):
        return F.scaled_dot_product_attention(q * (scale * math.sqrt(q.shape[-1])), k, v, attn_mask=seen)
    scores = (q @ k.transpose(-1, -2) * scale).masked_fill(~seen, -1e9)
    return torch.softmax(scores, -1) @ v


class AttentionTier(torch.nn.Module):
    """config: columns (how many), rows (of the table), tableWidth, width, heads, hidden, layers, attention, seed; recompute:
    keep no scores for the backward pass of the quantised part."""

    def __init__(self, config):
        super().__init__()
        g = torch.Generator().manual_seed(config["seed"])
        width = config["width"]
        self.config, self.quantised = config, False
        self.table = torch.nn.Parameter(torch.zeros(config["rows"], config["tableWidth"]))
        self.features = Linear(config["columns"] * config["tableWidth"], width, grids.TABLE_GRID, grids.TABLE_LIMIT, 2.0, g)
        self.bytes = torch.nn.Parameter(0.5 * torch.randn(grids.SYMBOLS + 1, width, generator=g))
        self.blocks = torch.nn.ModuleList(Block(config, g) for _ in range(config["layers"]))
        self.blocks[-1].last = True
        self.norm = Norm(width)
        self.head = Linear(width, grids.SYMBOLS, grids.NORM_GRID, grids.NORM_LIMIT, 0.5, g)
        for name, table in zip(("cos", "sin"), grids.rotation_tables(width // config["heads"])):
            self.register_buffer(name, torch.from_numpy(table).float() / grids.ROTATION_GRID, persistent=False)

    def linears(self):
        return {name: m for name, m in self.named_modules() if isinstance(m, Linear)}

    def quantise(self, choose=True):
        """From here on everything is on its grid. choose: pick the grids of the weights now (else those of the state)."""
        self.quantised = True
        for linear in self.linears().values():
            if choose:
                linear.quantise()
            linear.scale = 2.0 ** int(linear.bits)

    def embed(self, bytes_, contexts):
        """[B,N] and [B,N,C] -> [B,N,d]: what a token is, before it looks at any other."""
        rows = F.embedding(contexts, self.table)
        embedding = self.bytes
        if self.quantised:
            rows = on_grid(rows, grids.TABLE_GRID, -grids.TABLE_LIMIT, grids.TABLE_LIMIT)
            embedding = on_grid(embedding, grids.RESIDUAL_GRID, -grids.RESIDUAL_LIMIT, grids.RESIDUAL_LIMIT)
        return Block.add(F.embedding(bytes_, embedding), self.features(rows.flatten(-2)), self.quantised)

    def forward(self, batch):
        masked = torch.full_like(batch["query_calls"], grids.MASK)
        x, tokens, t = self.embed(masked, batch["query_contexts"]), None, 0
        if self.config["attention"]:
            x = torch.cat([self.embed(batch["content_bytes"], batch["content_contexts"]), x], 1)
            calls, t = batch["content_calls"], batch["content_calls"].shape[1]
            positions = torch.cat([batch["content_positions"], batch["query_positions"]], 1)
            tokens = (
                self.cos[positions][:, None], self.sin[positions][:, None],
                (calls[:, :, None] >= calls[:, None, :])[:, None],
                (batch["query_calls"][:, :, None] > calls[:, None, :])[:, None],
            )
        for block in self.blocks:
            if self.training and self.quantised and self.config["recompute"]:
                x = torch.utils.checkpoint.checkpoint(block, x, tokens, True, t, use_reentrant=False)
            else:
                x = block(x, tokens, self.quantised, t)
        y = self.head(self.norm(x, self.quantised)).float()
        low, high = grids.LOGIT_LOW / grids.LOGIT_GRID, grids.LOGIT_HIGH / grids.LOGIT_GRID
        return on_grid(y, grids.LOGIT_GRID, grids.LOGIT_LOW, grids.LOGIT_HIGH) if self.quantised else y.clamp(low, high)
