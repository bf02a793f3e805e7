"""The attention tier as whole numbers: what quantise.py writes, and everything after training reads.

weights.npz holds, in units of each tensor's grid (grids.py):
  config_json, columns_json   text: sizes; and the list of {"context", "bits", "offset"} of the table's columns
  table                       int8 [rows, tableWidth]
  bytes                       int  [257, width]: what a byte, or MASK, adds to the residual stream
  NAME.w, NAME.b, NAME.shift  int  [in, out], [out], scalar: floor((x @ w + b) 2^-shift + 1/2), for NAME in features, head and, for
                              every block i, i.q, i.k, i.v, i.out, i.up, i.down
"""
import dataclasses
import json
import math

import numpy as np
import torch

from . import grids
from .model import AttentionTier


@dataclasses.dataclass(frozen=True)
class Layer:
    weights: np.ndarray  # int64 [in, out]
    bias: np.ndarray  # int64 [out], in units of the sum
    shift: int


@dataclasses.dataclass(frozen=True)
class Network:
    config: dict
    columns: list
    table: np.ndarray  # int8
    bytes: np.ndarray  # int64
    layers: dict  # name -> Layer

    @property
    def head(self):
        """Elements of an attention head."""
        return self.config["width"] // self.config["heads"]


def rounded(x, limit):
    return np.clip(np.floor(x + 0.5), -limit, limit).astype(np.int64)


def parts_of(model):
    """(name, module, first output, last output, grid of the result) of every layer."""
    width = model.config["width"]
    yield "features", model.features, 0, width, grids.RESIDUAL_GRID
    for i, block in enumerate(model.blocks):
        for part, (name, grid) in enumerate((("q", grids.KEY_GRID), ("k", grids.KEY_GRID), ("v", grids.VALUE_GRID))):
            yield f"{i}.{name}", block.qkv, part * width, (part + 1) * width, grid
        yield f"{i}.out", block.out, 0, width, grids.RESIDUAL_GRID
        yield f"{i}.up", block.up, 0, model.config["hidden"], grids.NORM_GRID
        yield f"{i}.down", block.down, 0, width, grids.RESIDUAL_GRID
    yield "head", model.head, 0, grids.SYMBOLS, grids.LOGIT_GRID


def network_of(model, columns):
    """The whole numbers that a quantised model computes with."""
    layers = {}
    for name, linear, first, last, grid in parts_of(model):
        w, b = (p.detach().cpu().double().numpy()[..., first:last] for p in (linear.weight, linear.bias))
        shift = math.log2(linear.grid * linear.scale / grid)
        if shift < 0:
            raise SystemExit(f"{name}: weights on a grid of {linear.scale} are too coarse")
        layers[name] = Layer(
            rounded(w * linear.scale, grids.WEIGHT_LIMIT), np.floor(b * (linear.scale * linear.grid) + 0.5).astype(np.int64), int(shift)
        )
    config = {key: model.config[key] for key in ("width", "heads", "hidden", "layers", "tableWidth", "attention")}
    return Network(
        config, columns, rounded(model.table.detach().cpu().double().numpy() * grids.TABLE_GRID, grids.TABLE_LIMIT).astype(np.int8),
        rounded(model.bytes.detach().cpu().double().numpy() * grids.RESIDUAL_GRID, grids.RESIDUAL_LIMIT), layers,
    )


def model_of(network):
    """The PyTorch model, on its grids, that has these whole numbers."""
    model = AttentionTier({**network.config, "columns": len(network.columns), "rows": len(network.table), "seed": 0, "recompute": False})
    model.quantise(choose=False)
    model.table.data = torch.from_numpy(network.table).float() / grids.TABLE_GRID
    model.bytes.data = torch.from_numpy(network.bytes).float() / grids.RESIDUAL_GRID
    for name, linear, first, last, grid in parts_of(model):
        layer = network.layers[name]
        linear.scale = 2.0**layer.shift * grid / linear.grid
        linear.weight.data[:, first:last] = torch.from_numpy(layer.weights / linear.scale)
        linear.bias.data[first:last] = torch.from_numpy(layer.bias / (linear.scale * linear.grid))
    return model.eval()


def save_network(network, path):
    arrays = {f"{name}.{key}": value for name, l in network.layers.items() for key, value in (("w", l.weights.astype(np.int16)), ("b", l.bias), ("shift", np.int64(l.shift)))}
    np.savez_compressed(
        path, config_json=json.dumps(network.config), columns_json=json.dumps(network.columns), table=network.table,
        bytes=network.bytes.astype(np.int16), **arrays,
    )


def load_network(path):
    with np.load(path, allow_pickle=False) as data:
        names = [name[:-2] for name in data.files if name.endswith(".w")]
        layers = {n: Layer(data[f"{n}.w"].astype(np.int64), data[f"{n}.b"].astype(np.int64), int(data[f"{n}.shift"])) for n in names}
        return Network(
            json.loads(str(data["config_json"])), json.loads(str(data["columns_json"])), data["table"], data["bytes"].astype(np.int64), layers
        )
