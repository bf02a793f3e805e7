"""Export a trained run: exact graphs, tables, known answers and fixtures, checked against each other before anything is written.

    export.py --run DIR --id pictures-1 [--out models/pictures-1]

Writes centres.onnx and quincunx.onnx (rows float [N, 221], whole numbers 0..255 -> outputs float [N, 50], whole numbers -1024..1023), coding.json
(tables), graphs.json (what a manifest says of the graphs: files, inputs, outputs, known answers). fixture.py writes the fixtures.
"""
import argparse
import hashlib
import json
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

from byte_products import ByteNetwork
from evaluate import load
from lattice import WIDTH, ZERO
from logistics import HIGHEST, LOWEST, OUTPUTS, TABLES
from network import WEIGHT_LIMIT, exact

NAMES = ("centres", "quincunx")
OPSET, IR_VERSION = 17, 8
ROWS, SEED = 64, 20240229


def check(layers):
    """Bounds of pictures.md section 5, of any sum of part of the products and the bias."""
    for i, (w, b, k) in enumerate(layers):
        assert np.abs(w).max() <= WEIGHT_LIMIT and k >= 1
        reach = 255 * np.abs(w).sum(0).max() + np.abs(shifted_bias(i, w, b, k)).max()
        assert reach < 1 << 24, f"layer {i} reaches {reach}"


def shifted_bias(i, w, b, k):
    """The bias with the rounding's half, and what the first layer's bytes have too much."""
    return b + (1 << (k - 1)) - (ZERO * w.sum(0) if i == 0 else 0)


def build(layers, name):
    """The bytes of a graph. 2^-k is multiplied into weights and bias, as in the models of bytes: exact, and fewer nodes."""
    nodes, constants = [], []
    for i, (w, b, k) in enumerate(layers):
        low, high = (LOWEST, HIGHEST) if i == len(layers) - 1 else (0, 255)
        names = {key: f"layer{i + 1}_{key}" for key in ("w", "b", "low", "high", "product", "sum", "floor")}
        scale = 2.0**-k
        values = [w * scale, shifted_bias(i, w, b, k) * scale, np.float32(low), np.float32(high)]
        for key, value in zip(("w", "b", "low", "high"), values):
            assert np.array_equal(np.float32(value), value)
            constants.append(numpy_helper.from_array(np.asarray(value, np.float32), names[key]))
        x, y = ("rows" if i == 0 else f"x{i}"), ("outputs" if i == len(layers) - 1 else f"x{i + 1}")
        nodes += [
            helper.make_node("MatMul", [x, names["w"]], [names["product"]], name=f"layer{i + 1}_matmul"),
            helper.make_node("Add", [names["product"], names["b"]], [names["sum"]], name=f"layer{i + 1}_add"),
            helper.make_node("Floor", [names["sum"]], [names["floor"]], name=f"layer{i + 1}_floor"),
            helper.make_node("Clip", [names["floor"], names["low"], names["high"]], [y], name=f"layer{i + 1}_clip"),
        ]
    graph = helper.make_graph(
        nodes, f"ardm-{name}",
        [helper.make_tensor_value_info("rows", TensorProto.FLOAT, ["N", WIDTH])],
        [helper.make_tensor_value_info("outputs", TensorProto.FLOAT, ["N", OUTPUTS])],
        constants,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION)
    model.ClearField("producer_name")
    model.ClearField("producer_version")
    onnx.checker.check_model(model, full_check=True)
    return model.SerializeToString(deterministic=True)


def known_rows(rows=ROWS, seed=SEED):
    """uint8 [rows, WIDTH]: the upper 8 bits of a xorshift32 stream, row by row."""
    out, state = np.empty((rows, WIDTH), np.uint8), seed
    for i in range(rows):
        for j in range(WIDTH):
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


def graph_entry(layers, name):
    """(bytes of the graph, its entry), once numpy and ONNX Runtime give the same integers."""
    check(layers)
    model, rows = build(layers, name), known_rows()
    expected = in_integers(layers, rows)
    computed = {"float32": exact(layers, rows), "products of bytes": ByteNetwork(layers)(rows)}
    computed.update({f"ONNX Runtime, {t} threads": in_runtime(model, rows, t) for t in (1, 2)})
    for what, outputs in computed.items():
        if not np.array_equal(outputs, expected):
            raise SystemExit(f"{name}: {what} does not reproduce the integers: do not ship this model")
    entry = {
        "file": f"{name}.onnx",
        "inputs": [{"name": "rows", "type": "float", "width": WIDTH, "lowest": 0, "highest": 255}],
        "output": {"name": "outputs", "width": OUTPUTS, "lowest": LOWEST, "highest": HIGHEST},
        "knownAnswer": {"rows": ROWS, "seed": SEED, "digest": hashlib.sha256(expected.astype("<i2").tobytes()).hexdigest()},
    }
    return model, entry


def coding_json():
    lines = [f"  {json.dumps(key)}: {json.dumps(value)}" for key, value in TABLES.items()]
    return ("{\n" + ",\n".join(lines) + "\n}\n").encode()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--run", required=True, type=Path)
    parser.add_argument("--id", required=True)
    parser.add_argument("--out", type=Path)
    args = parser.parse_args()
    out = args.out or Path(__file__).resolve().parents[3] / "models" / args.id
    files, graphs = {"coding.json": coding_json()}, []
    for layers, name in zip(load(args.run), NAMES):
        files[f"{name}.onnx"], entry = graph_entry(layers, name)
        graphs.append(entry)
    hashes = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    files["graphs.json"] = (json.dumps({"id": args.id, "files": hashes, "graphs": graphs}, indent=2) + "\n").encode()
    out.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (out / name).write_bytes(content)
        print(f"{name:14} {len(content):>9,} bytes")


if __name__ == "__main__":
    main()
