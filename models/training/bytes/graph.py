"""A context network as an ONNX graph."""
import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from .network import SYMBOLS, half_of

OPSET = 17
IR_VERSION = 8  # the one that belongs to opset 17


def folded(layer):
    """A layer's weights and bias with 2**-shift and the 0.5 of the rounding multiplied in: exact, and fewer nodes.

    (x @ w + b) * 2**-k + 0.5 = x @ (w * 2**-k) + (b + 2**(k-1)) * 2**-k. With k = 0 every sum is whole already, and
    floor(sum + 0.5) is the sum: nothing is added, which keeps the grid at 1.
    """
    scale = 2.0 ** -np.asarray(layer.shift)
    weights = layer.weights * scale
    bias = (layer.bias + half_of(layer)) * scale
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
