"""The networks in products of bytes, by ONNX Runtime on the CPU: the same integers (`src/runtime/byte-products.md`), for measuring faster.

Weights of at most 64 are one signed byte, so a layer is one product of unsigned and signed bytes that saturates on no processor.
"""
import numpy as np
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

from lattice import WIDTH, ZERO
from logistics import HIGHEST, LOWEST

IR_VERSION = 8


def build(layers):
    """The bytes of a graph of ONNX Runtime's own operators: rows uint8 [N, WIDTH] -> outputs float [N, of the last layer]."""
    nodes, constants = [], [
        numpy_helper.from_array(np.float32(1), "one"), numpy_helper.from_array(np.uint8(ZERO), "zero"),
    ]
    for i, (w, b, k) in enumerate(layers):
        last = i == len(layers) - 1
        low, high = (LOWEST, HIGHEST) if last else (0, 255)
        for name, value in {
            "w": w.astype(np.int8), "unit": np.float32(2.0**-k), "b": ((b + (1 << (k - 1))) * 2.0**-k).astype(np.float32),
            "low": np.float32(low), "high": np.float32(high),
        }.items():
            constants.append(numpy_helper.from_array(np.asarray(value), f"{name}{i}"))
        x, zero = ("rows", "zero") if i == 0 else (f"x{i}", "")
        nodes.append(helper.make_node("MatMulIntegerToFloat", [x, f"w{i}", "one", f"unit{i}", zero, "", f"b{i}"], [f"sum{i}"], domain="com.microsoft"))
        if last:
            nodes += [helper.make_node("Floor", [f"sum{i}"], ["floor"]), helper.make_node("Clip", ["floor", f"low{i}", f"high{i}"], ["outputs"])]
        else:
            # To cut off the fraction of what is not negative is to round it down.
            nodes += [helper.make_node("Clip", [f"sum{i}", f"low{i}", f"high{i}"], [f"clipped{i}"]),
                      helper.make_node("Cast", [f"clipped{i}"], [f"x{i + 1}"], to=TensorProto.UINT8)]
    graph = helper.make_graph(
        nodes, "ardm-bytes", [helper.make_tensor_value_info("rows", TensorProto.UINT8, ["N", WIDTH])],
        [helper.make_tensor_value_info("outputs", TensorProto.FLOAT, ["N", len(layers[-1][1])])], constants,
    )
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid("com.microsoft", 1)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=IR_VERSION).SerializeToString()


class ByteNetwork:
    """uint8 rows -> int64 outputs."""

    def __init__(self, layers):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        self.session = onnxruntime.InferenceSession(build(layers), options, providers=["CPUExecutionProvider"])

    def __call__(self, rows):
        return self.session.run(None, {"rows": rows})[0].astype(np.int64)
