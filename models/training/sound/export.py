"""Export a trained run: the exact graph, its known answer, and coding.json as far as it is not fitted; checked before anything is written.

    export.py --run DIR --config sound-1.json --out models/sound-1

Writes model.onnx (rows float [N, 80], whole numbers 0..255 -> outputs float [N, 36], whole numbers -1024..1023) and coding.json. `mixing` of
coding.json and manifest.json are fit_mixing.mjs's to write.
"""
import argparse
import hashlib
import json
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from onnx import TensorProto, helper, numpy_helper

from network import COLUMNS, HIGHEST, LOWEST, OUTPUTS, WEIGHT_LIMIT, ZERO, Network
from tables import make_tables

OPSET, IR_VERSION = 17, 8
ROWS, SEED = 64, 20240229
NODES, INPUTS, GATE = 64, 16, 12


def shifted_bias(i, w, b, k):
    """The bias with the rounding's half, and what the first layer's bytes have too much."""
    return b + (1 << (k - 1)) - (ZERO * w.sum(0) if i == 0 else 0)


def check(layers):
    """Every sum of part of the products and the bias is below 2^24: float32 holds it (src/runtime/equality.md)."""
    for i, (w, b, k) in enumerate(layers):
        assert np.abs(w).max() <= WEIGHT_LIMIT and k >= 1
        reach = 255 * np.abs(w).sum(0).max() + np.abs(shifted_bias(i, w, b, k)).max()
        assert reach < 1 << 24, f"layer {i} reaches {reach}"


def build(layers):
    """The bytes of the graph. 2^-k is multiplied into weights and bias: exact, and fewer nodes."""
    nodes, constants = [], []
    for i, (w, b, k) in enumerate(layers):
        last = i == len(layers) - 1
        low, high = (LOWEST, HIGHEST) if last else (0, 255)
        names = {key: f"layer{i + 1}_{key}" for key in ("w", "b", "low", "high", "product", "sum", "floor")}
        values = [w * 2.0**-k, shifted_bias(i, w, b, k) * 2.0**-k, np.float32(low), np.float32(high)]
        for key, value in zip(("w", "b", "low", "high"), values):
            assert np.array_equal(np.float32(value), value)
            constants.append(numpy_helper.from_array(np.asarray(value, np.float32), names[key]))
        x, y = ("rows" if i == 0 else f"x{i}"), ("outputs" if last else f"x{i + 1}")
        nodes += [
            helper.make_node("MatMul", [x, names["w"]], [names["product"]], name=f"layer{i + 1}_matmul"),
            helper.make_node("Add", [names["product"], names["b"]], [names["sum"]], name=f"layer{i + 1}_add"),
            helper.make_node("Floor", [names["sum"]], [names["floor"]], name=f"layer{i + 1}_floor"),
            helper.make_node("Clip", [names["floor"], names["low"], names["high"]], [y], name=f"layer{i + 1}_clip"),
        ]
    graph = helper.make_graph(
        nodes, "ardm-sound",
        [helper.make_tensor_value_info("rows", TensorProto.FLOAT, ["N", COLUMNS])],
        [helper.make_tensor_value_info("outputs", TensorProto.FLOAT, ["N", OUTPUTS])],
        constants,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION)
    model.ClearField("producer_name")
    model.ClearField("producer_version")
    onnx.checker.check_model(model, full_check=True)
    return model.SerializeToString(deterministic=True)


def known_rows():
    """uint8 [ROWS, COLUMNS]: the upper 8 bits of a xorshift32 stream, row by row."""
    out, state = np.empty((ROWS, COLUMNS), np.uint8), SEED
    for i in range(ROWS):
        for j in range(COLUMNS):
            state ^= (state << 13) & 0xFFFFFFFF
            state ^= state >> 17
            state ^= (state << 5) & 0xFFFFFFFF
            out[i, j] = state >> 24
    return out


def in_integers(layers, rows):
    """int64 [n, OUTPUTS] in 64-bit integers alone: what everything else is held to."""
    x = rows.astype(np.int64) - ZERO
    for i, (w, b, k) in enumerate(layers):
        low, high = (LOWEST, HIGHEST) if i == len(layers) - 1 else (0, 255)
        x = np.clip((x @ w + b + (1 << (k - 1))) >> k, low, high)
    return x


def in_runtime(model, rows, threads):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    return session.run(None, {"rows": rows.astype(np.float32)})[0]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("run", "config", "out"):
        parser.add_argument(f"--{name}", required=True, type=Path)
    args = parser.parse_args()
    config = json.loads(args.config.read_text())
    network = Network(config["hidden"], config["shifts"], config["seed"])
    network.load_state_dict(torch.load(args.run / "checkpoint.pt")["network"])
    layers = network.integers()
    check(layers)
    model, rows = build(layers), known_rows()
    expected = in_integers(layers, rows)
    with torch.no_grad():
        trained = np.floor(network(torch.from_numpy(rows)).numpy() * 64 + 0.5)
    print(f"as trained but for the last bit of floats: {np.mean(trained == expected):.4f} of the outputs")
    for threads in (1, 2):
        if not np.array_equal(in_runtime(model, rows, threads), expected):
            raise SystemExit("ONNX Runtime does not reproduce the integers: do not ship this model")
    # Until it is fitted, mixing believes the gate.
    mixing = {"weights": [[1500] * GATE + [48000, 0, 0, 0]] * NODES, "final": [[32768, 32768]] * NODES}
    coding = {"predictors": config["predictors"], **make_tables(), "mixing": mixing}
    graph = {
        "file": "model.onnx",
        "inputs": [{"name": "rows", "type": "float32", "shape": [COLUMNS], "lowest": 0, "highest": 255}],
        "output": {"name": "outputs", "shape": [OUTPUTS], "lowest": LOWEST, "highest": HIGHEST},
        "knownAnswer": {"rows": ROWS, "seed": SEED, "digest": hashlib.sha256(expected.astype("<i2").tobytes()).hexdigest()},
    }
    args.out.mkdir(parents=True, exist_ok=True)
    (args.out / "model.onnx").write_bytes(model)
    (args.out / "coding.json").write_text(json.dumps(coding))
    (args.out / "graphs.json").write_text(json.dumps({"graphs": [graph]}, indent=2) + "\n")


if __name__ == "__main__":
    main()
