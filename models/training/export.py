"""Export: integer weights (.npz) -> models/<id>/{model.onnx, coding.json, manifest.json}, checked, then audited.

    python models/training/export.py weights.npz --id text-1 [--rate rate.json] [--trained-on "..."]

The .npz holds whole numbers only:
  table              int8 [R, W]   embedding table, all columns one below the other
  columns_json       text          JSON list of {"context", "bits", "offset"}, in the order of the input's columns
  w1..wn             int [in, out] dense weights, |w| <= 1024
  b1..bn             int [out]     biases, in units of the accumulator
  shift1..shiftn     int           k; a layer computes clip(floor((x @ w + b) * 2**-k + 0.5), lo, hi),
                                   0..255 for hidden layers, -1024..1023 for the last
  logit_scale        int           logits are in units of 1/logit_scale nat (16 where absent)
  random_order_loss  int           1/1000 bit, see src/ardm/coding.ts (empty where absent)
  block_length       int           positions of a block of the interleaved order (1024 where absent)

--mixing: JSON, `mixing` of coding.json (fit_mixing.py); without it the network's distribution is coded as it is.
--rate: JSON {"rate": [{"calls", "bitsPerByte"}...], "presets": {"fast", "balanced", "small"}}, measured after a first
export; exporting again with it changes manifest.json only, since equal inputs give equal files, byte for byte.

The known answer in the manifest comes from int64 arithmetic in numpy; PyTorch and ONNX Runtime (fp32, 1 and 2 threads)
are then held to it. The build of the service (`npm run build`) must exist: its static audit is the last check, and
nothing is written before it passes.
"""

import argparse
import dataclasses
import decimal
import hashlib
import json
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
import onnx
import onnxruntime
import torch
from onnx import TensorProto, helper, numpy_helper

BLOCK_LENGTH = 1024
SYMBOLS = 256
HIDDEN_RANGE = (0, 255)
LOGIT_RANGE = (-1024, 1023)
OPSET = 17
IR_VERSION = 8  # the one that belongs to opset 17
KNOWN_ANSWER_ROWS = 64
KNOWN_ANSWER_SEED = 20240229
DEFAULT_PRESETS = {"fast": 32, "balanced": 128, "small": 1024}
REPOSITORY = pathlib.Path(__file__).resolve().parents[2]


@dataclasses.dataclass(frozen=True)
class Layer:
    weights: np.ndarray  # int64 [in, out]
    bias: np.ndarray  # int64 [out], accumulator units
    shift: int
    low: int
    high: int


@dataclasses.dataclass(frozen=True)
class Network:
    table: np.ndarray  # int8 [rows, width]
    columns: list  # of {"context", "bits", "offset"}
    layers: list  # of Layer
    logit_scale: int
    random_order_loss: list
    block_length: int = BLOCK_LENGTH
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
        layers.append(Layer(whole(weights), whole(bias), int(whole(shift)), low, high))
    network = Network(
        table=arrays["table"],
        columns=json.loads(str(arrays["columns_json"])),
        layers=layers,
        logit_scale=int(arrays.get("logit_scale", 16)),
        random_order_loss=[int(x) for x in whole(arrays.get("random_order_loss", np.zeros(0, np.int64)))],
        block_length=int(arrays.get("block_length", BLOCK_LENGTH)),
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
        if layer.shift < 0:
            raise SystemExit(f"layer {i}: shift must be >= 0")
        width = layer.weights.shape[1]
    if width != SYMBOLS:
        raise SystemExit(f"the last layer must have {SYMBOLS} outputs, it has {width}")


# --- coding.json ---------------------------------------------------------------------------------------------------


def logit_weights(scale):
    """round(65536 * exp(-d / scale)) for d = 0, 1, ... until it is 0; decimal, so no platform's libm decides."""
    context = decimal.Context(prec=50)
    weights = []
    while True:
        exact = 65536 * context.exp(context.divide(decimal.Decimal(-len(weights)), decimal.Decimal(scale)))
        weight = int(exact.to_integral_value(rounding=decimal.ROUND_HALF_EVEN))
        if weight == 0:
            return weights
        weights.append(weight)


def coding_json(network):
    """The bytes of coding.json: one line per key, so that they are hashed and read easily."""
    coding = {
        "blockLength": network.block_length,
        "columns": [{key: column[key] for key in ("context", "bits", "offset")} for column in network.columns],
        "logitWeights": logit_weights(network.logit_scale),
        "randomOrderLoss": network.random_order_loss,
    }
    if network.mixing:
        coding["mixing"] = network.mixing
    lines = [f"  {json.dumps(key)}: {json.dumps(value)}" for key, value in coding.items()]
    return ("{\n" + ",\n".join(lines) + "\n}\n").encode()


# --- model.onnx ----------------------------------------------------------------------------------------------------


def folded(layer):
    """A layer's weights and bias with 2**-shift and the 0.5 of the rounding multiplied in: exact, and fewer nodes.

    (x @ w + b) * 2**-k + 0.5 = x @ (w * 2**-k) + (b + 2**(k-1)) * 2**-k. With k = 0 every sum is whole already, and
    floor(sum + 0.5) is the sum: nothing is added, which keeps the grid at 1.
    """
    half = 1 << (layer.shift - 1) if layer.shift > 0 else 0
    scale = 2.0**-layer.shift
    weights = layer.weights * scale
    bias = (layer.bias + half) * scale
    for exact in (weights, bias):
        if not np.array_equal(exact.astype(np.float32), exact):
            raise SystemExit("a weight or bias has more than 24 bits")
    return weights.astype(np.float32), bias.astype(np.float32)


def build_onnx(network):
    """The bytes of model.onnx: indices int32 [N, C] -> logits float [N, 256]. No date, no versions of tools."""
    width = len(network.columns) * network.table.shape[1]
    constants = [
        numpy_helper.from_array(network.table, "table"),
        numpy_helper.from_array(np.array([-1, width], np.int64), "row_shape"),
    ]
    nodes = [
        helper.make_node("Gather", ["table", "indices"], ["embedded_int8"], name="embed", axis=0),
        helper.make_node("Cast", ["embedded_int8"], ["embedded"], name="embed_cast", to=TensorProto.FLOAT),
        helper.make_node("Reshape", ["embedded", "row_shape"], ["x0"], name="embed_rows"),
    ]
    for i, layer in enumerate(network.layers, 1):
        weights, bias = folded(layer)
        output = "logits" if i == len(network.layers) else f"x{i}"
        names = {key: f"layer{i}_{key}" for key in ("w", "b", "low", "high", "product", "sum", "floor")}
        constants += [
            numpy_helper.from_array(weights, names["w"]),
            numpy_helper.from_array(bias, names["b"]),
            numpy_helper.from_array(np.float32(layer.low), names["low"]),
            numpy_helper.from_array(np.float32(layer.high), names["high"]),
        ]
        nodes += [
            helper.make_node("MatMul", [f"x{i - 1}", names["w"]], [names["product"]], name=f"layer{i}_matmul"),
            helper.make_node("Add", [names["product"], names["b"]], [names["sum"]], name=f"layer{i}_add"),
            helper.make_node("Floor", [names["sum"]], [names["floor"]], name=f"layer{i}_floor"),
            helper.make_node("Clip", [names["floor"], names["low"], names["high"]], [output], name=f"layer{i}_clip"),
        ]
    graph = helper.make_graph(
        nodes,
        "ardm-context",
        [helper.make_tensor_value_info("indices", TensorProto.INT32, ["N", len(network.columns)])],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["N", SYMBOLS])],
        constants,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION)
    model.ClearField("producer_name")
    model.ClearField("producer_version")
    onnx.checker.check_model(model, full_check=True)
    return model.SerializeToString(deterministic=True)


# --- known answer --------------------------------------------------------------------------------------------------


def known_indices(columns, rows, seed):
    """int32 [rows, C]: the upper bits of a xorshift32 stream, row by row, each within its column's rows."""
    state = seed
    indices = np.empty((rows, len(columns)), np.int32)
    for row in range(rows):
        for c, column in enumerate(columns):
            state ^= (state << 13) & 0xFFFFFFFF
            state ^= state >> 17
            state ^= (state << 5) & 0xFFFFFFFF
            indices[row, c] = column["offset"] + (state >> (32 - column["bits"]))
    return indices


def integer_logits(network, indices):
    """int64 [N, 256]: the network in 64-bit integers. The definition that everything else is held to."""
    x = network.table[indices].reshape(len(indices), -1).astype(np.int64)
    for layer in network.layers:
        half = 1 << (layer.shift - 1) if layer.shift > 0 else 0
        x = np.clip((x @ layer.weights + layer.bias + half) >> layer.shift, layer.low, layer.high)
    return x


def torch_logits(network, indices, threads):
    """float32 [N, 256]: the network as training sees it, unfolded, in PyTorch."""
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    x = torch.from_numpy(network.table[indices].reshape(len(indices), -1)).float()
    for layer in network.layers:
        total = x @ torch.from_numpy(layer.weights).float() + torch.from_numpy(layer.bias).float()
        x = torch.clamp(torch.floor(total * 2.0**-layer.shift + 0.5), layer.low, layer.high)
    torch.set_num_threads(before)
    return x.numpy()


def onnx_logits(model, indices, threads):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    return session.run(None, {"indices": indices})[0]


def check_equal(network, model, indices, expected):
    for threads in (1, 2):
        for name, logits in (
            ("PyTorch", torch_logits(network, indices, threads)),
            ("ONNX Runtime", onnx_logits(model, indices, threads)),
        ):
            different = np.count_nonzero(logits != expected)
            print(f"{name:12} {threads} thread(s): {different} of {expected.size} logits differ")
            if different:
                raise SystemExit(f"{name} does not reproduce the integers: do not ship this model")


# --- manifest.json -------------------------------------------------------------------------------------------------


def manifest_json(model_id, model, coding, known_answer, measured, trained_on):
    hashes = {"model.onnx": hashlib.sha256(model), "coding.json": hashlib.sha256(coding)}
    identity = hashlib.sha256(hashes["model.onnx"].digest() + hashes["coding.json"].digest())
    manifest = {
        "id": model_id,
        "kind": "context",
        "units": "byte",
        "identity": identity.hexdigest(),
        "files": {name: digest.hexdigest() for name, digest in hashes.items()},
        "knownAnswer": known_answer,
        "rate": measured.get("rate", []),
        "presets": measured.get("presets", DEFAULT_PRESETS),
        "default": "balanced",
        "trainedOn": trained_on,
    }
    return (json.dumps(manifest, indent=2, ensure_ascii=False) + "\n").encode()


def export_model(network, model_id, folder, measured, trained_on):
    """Writes the three files into `folder`, once every check and the audit have passed; stops where one fails."""
    model, coding = build_onnx(network), coding_json(network)
    indices = known_indices(network.columns, KNOWN_ANSWER_ROWS, KNOWN_ANSWER_SEED)
    expected = integer_logits(network, indices)
    check_equal(network, model, indices, expected)
    digest = hashlib.sha256(expected.astype("<i2").tobytes()).hexdigest()
    known_answer = {"rows": KNOWN_ANSWER_ROWS, "seed": KNOWN_ANSWER_SEED, "digest": digest}
    files = {
        "model.onnx": model,
        "coding.json": coding,
        "manifest.json": manifest_json(model_id, model, coding, known_answer, measured, trained_on),
    }
    with tempfile.TemporaryDirectory() as candidate:
        write_files(pathlib.Path(candidate), files)
        audit(candidate)
    write_files(folder, files)
    for name, content in files.items():
        print(f"{name:14} {len(content):>11,} bytes")
    print(f"{'table':14} {network.table.size:>11,} bytes of model.onnx")


def write_files(folder, files):
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)


def audit(folder):
    command = ["node", str(REPOSITORY / "dist" / "src" / "audit" / "cli.js"), str(folder)]
    if subprocess.run(command, check=False).returncode != 0:
        raise SystemExit("the static audit refused the model (or `npm run build` has not run): do not ship it")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("weights", type=pathlib.Path, help="the .npz")
    parser.add_argument("--id", required=True, help="the model's name, and its folder's")
    parser.add_argument("--models", type=pathlib.Path, default=REPOSITORY / "models", help="folder of model folders")
    parser.add_argument("--mixing", type=pathlib.Path, help="what context mixing starts with (JSON)")
    parser.add_argument("--rate", type=pathlib.Path, help="measured rates and presets (JSON)")
    parser.add_argument("--trained-on", default="", help="one sentence on the data")
    arguments = parser.parse_args()
    measured = json.loads(arguments.rate.read_text()) if arguments.rate else {}
    network = load_network(arguments.weights, json.loads(arguments.mixing.read_text()) if arguments.mixing else None)
    export_model(network, arguments.id, arguments.models / arguments.id, measured, arguments.trained_on)


if __name__ == "__main__":
    sys.exit(main())
