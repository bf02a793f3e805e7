"""The attention tier in 64-bit integers: the definition that PyTorch and the ONNX graph are held to, bit for bit."""
import numpy as np

from . import grids


def linear(x, layer):
    """int64 [..., in] -> [..., out]: the sum, rescaled and rounded to nearest (halves up)."""
    half = 1 << (layer.shift - 1) if layer.shift else 0
    return (x @ layer.weights + layer.bias + half) >> layer.shift


def rescale(x, shift):
    return (x + (1 << (shift - 1))) >> shift


def shifted(x, e):
    """floor(x 2^-e) for exponents of either sign."""
    return np.where(e >= 0, x >> np.maximum(e, 0), x << np.maximum(-e, 0))


def norm(x):
    width = x.shape[-1]
    limit = grids.square_limit(width)
    small = np.clip(rescale(x, grids.SQUARE_SHIFT), -limit, limit)
    row = grids.piecewise_index((small * small).sum(-1, keepdims=True), grids.ROOT_PIECES)
    m, e = grids.mantissa_exponent(grids.root_table(width))
    m, e = m[row], e[row]
    product = np.where(e > 0, 2 * x * m + (1 << np.maximum(e, 0)), 2 * x * m)  # 2 (x m + 2^(e-1))
    return np.clip(shifted(product, e + 1), -grids.NORM_LIMIT, grids.NORM_LIMIT)


def rotate(x, positions):
    """int64 [B,H,N,h], positions [B,N]."""
    cos, sin = (t[positions][:, None] for t in grids.rotation_tables(x.shape[-1]))
    a, b = np.split(x, 2, -1)
    turned = np.concatenate([a * cos - b * sin, a * sin + b * cos], -1)
    return np.clip(rescale(turned, 7), -grids.KEY_LIMIT, grids.KEY_LIMIT)


def attend(q, k, v, own_k, own_v, seen):
    """int64 [B,H,R,h] on keys and values [B,H,T,h] and each row's own; seen bool [B,1,R,T] -> [B,H,R,h]."""
    shift = grids.score_shift(q.shape[-1])
    score = np.where(seen, rescale(q @ k.swapaxes(-1, -2), shift), -grids.HIDDEN_PENALTY)
    if own_k is not None:
        score = np.concatenate([score, rescale((q * own_k).sum(-1, keepdims=True), shift)], -1)
    w = grids.attention_weight(np.clip(score.max(-1, keepdims=True) - score, 0, grids.WEIGHT_ONE))
    products = w[..., : k.shape[2]] @ v + (w[..., -1:] * own_v if own_k is not None else 0)
    row = grids.piecewise_index(w.sum(-1, keepdims=True), grids.SUM_PIECES)
    power, mantissa = grids.reciprocal_tables()
    near = np.clip(shifted(products, -np.log2(power).astype(np.int64)[row]), -grids.QUOTIENT_LIMIT, grids.QUOTIENT_LIMIT)
    out = rescale(near * mantissa.astype(np.int64)[row], grids.RECIPROCAL_SHIFT)
    return np.clip(out, -grids.OUTPUT_LIMIT, grids.OUTPUT_LIMIT)


def integer_logits(network, batch):
    """int64 [B,Q,256] for a batch as model.py takes it (numpy arrays)."""
    layers, heads = network.layers, network.config["heads"]
    t = batch["content_bytes"].shape[1]

    def embed(bytes_, contexts):
        rows = network.table[contexts].reshape(*contexts.shape[:2], -1).astype(np.int64)
        return add(network.bytes[bytes_], linear(rows, layers["features"]))

    def add(x, y):
        return np.clip(x + y, -grids.RESIDUAL_LIMIT, grids.RESIDUAL_LIMIT)

    def split(x):
        return x.reshape(*x.shape[:2], heads, -1).swapaxes(1, 2)

    masked = np.full(batch["query_calls"].shape, grids.MASK)
    x = np.concatenate([embed(batch["content_bytes"], batch["content_contexts"]), embed(masked, batch["query_contexts"])], 1)
    positions = np.concatenate([batch["content_positions"], batch["query_positions"]], 1)
    calls = batch["content_calls"]
    seen_by_content = (calls[:, :, None] >= calls[:, None, :])[:, None]
    seen_by_query = (batch["query_calls"][:, :, None] > calls[:, None, :])[:, None]
    for i in range(network.config["layers"]):
        y = norm(x)
        q, k = (np.clip(split(linear(y, layers[f"{i}.{n}"])), -grids.KEY_LIMIT, grids.KEY_LIMIT) for n in "qk")
        q, k = rotate(q, positions), rotate(k, positions)
        v = np.clip(split(linear(y, layers[f"{i}.v"])), -grids.VALUE_LIMIT, grids.VALUE_LIMIT)
        mixed = np.concatenate(
            [
                attend(q[:, :, :t], k[:, :, :t], v[:, :, :t], None, None, seen_by_content),
                attend(q[:, :, t:], k[:, :, :t], v[:, :, :t], k[:, :, t:], v[:, :, t:], seen_by_query),
            ],
            2,
        )
        x = add(x, linear(mixed.swapaxes(1, 2).reshape(*x.shape), layers[f"{i}.out"]))
        y = np.clip(linear(norm(x), layers[f"{i}.up"]), 0, grids.NORM_LIMIT)
        x = add(x, linear(y, layers[f"{i}.down"]))
    return np.clip(linear(norm(x[:, t:]), layers["head"]), grids.LOGIT_LOW, grids.LOGIT_HIGH)
