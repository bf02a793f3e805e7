"""A context network in whole numbers, as it is read from an .npz and exported.

The .npz holds whole numbers only:
  table              int8 [R, W]   embedding table, all columns one below the other
  columns_json       text          JSON list of {"context", "bits", "offset"}, in the order of the input's columns
  w1..wn             int [in, out] dense weights, |w| <= 1024 (at most 64: one product of bytes a layer)
  b1..bn             int [out]     biases, in units of the accumulator
  shift1..shiftn     int, or [out] k, of all outputs or of each; a layer computes clip(floor((x @ w + b) * 2**-k + 0.5), lo, hi),
                                   0..255 for hidden layers, -1024..1023 for the last
  logit_scale        int           logits are in units of 1/logit_scale nat (16 where absent)
  random_order_loss  int           1/1000 bit, see src/bytes/coding.ts (empty where absent)
  block_length       int           positions of a block of the interleaved order (1024 where absent)
"""
import dataclasses
import json

import numpy as np

from shared.order import BLOCK

SYMBOLS = 256
HIDDEN_RANGE = (0, 255)
LOGIT_RANGE = (-1024, 1023)


@dataclasses.dataclass(frozen=True)
class Layer:
    weights: np.ndarray  # int64 [in, out]
    bias: np.ndarray  # int64 [out], accumulator units
    shift: np.ndarray  # int64 [out]
    low: int
    high: int


@dataclasses.dataclass(frozen=True)
class Network:
    table: np.ndarray  # int8 [rows, width]
    columns: list  # of {"context", "bits", "offset"}
    layers: list  # of Layer
    logit_scale: int
    random_order_loss: list
    block_length: int = BLOCK
    mixing: dict | None = None


def load_network(path, mixing=None):
    """Reads and checks an .npz as described above."""
    with np.load(path, allow_pickle=False) as data:
        arrays = {name: data[name] for name in data.files}
    count = sum(name[0] == "w" and name[1:].isdigit() for name in arrays)
    layers = []
    for i in range(1, count + 1):
        low, high = LOGIT_RANGE if i == count else HIDDEN_RANGE
        weights, bias, shift = (arrays[f"{name}{i}"] for name in ("w", "b", "shift"))
        layers.append(Layer(whole(weights), whole(bias), np.broadcast_to(whole(shift), bias.shape), low, high))
    network = Network(
        table=arrays["table"],
        columns=json.loads(str(arrays["columns_json"])),
        layers=layers,
        logit_scale=int(arrays.get("logit_scale", 16)),
        random_order_loss=[int(x) for x in whole(arrays.get("random_order_loss", np.zeros(0, np.int64)))],
        block_length=int(arrays.get("block_length", BLOCK)),
        mixing=mixing,
    )
    check_network(network)
    return network


def whole(array):
    result = np.asarray(array).astype(np.int64)
    if not np.array_equal(result, array):
        raise SystemExit("the .npz must hold whole numbers only: quantise before exporting")
    return result


def check_network(network):
    """Stops with a message where the arrays do not fit each other. Number ranges are proven by the static audit."""
    if network.table.dtype != np.int8 or network.table.ndim != 2:
        raise SystemExit("table must be int8 [rows, width]")
    if not network.layers:
        raise SystemExit("no layers: w1, b1 and shift1 are missing")
    expected = 0
    for column in network.columns:
        if column["offset"] != expected:
            raise SystemExit(f"column {column['context']}: offset {column['offset']}, expected {expected}")
        expected += 1 << column["bits"]
    if expected != network.table.shape[0]:
        raise SystemExit(f"the columns need {expected} table rows, the table has {network.table.shape[0]}")
    width = len(network.columns) * network.table.shape[1]
    for i, layer in enumerate(network.layers, 1):
        if layer.weights.shape[0] != width or layer.bias.shape != layer.weights.shape[1:]:
            raise SystemExit(f"layer {i}: shapes {layer.weights.shape} and {layer.bias.shape} do not follow {width}")
        if np.min(layer.shift) < 0:
            raise SystemExit(f"layer {i}: shift must be >= 0")
        width = layer.weights.shape[1]
    if width != SYMBOLS:
        raise SystemExit(f"the last layer must have {SYMBOLS} outputs, it has {width}")


def half_of(layer):
    """int64: half a unit of each output, in units of the accumulator; 0 where these are the same."""
    return (1 << np.asarray(layer.shift)) >> 1
