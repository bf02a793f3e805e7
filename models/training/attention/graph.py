"""The ONNX graph of the attention tier: dynamic batch, content and query tokens; only operators that the audit proves.

Inputs, all int32 (DESIGN section 3.2; codes in grids.py):
  content_contexts [B,T,C], content_bytes, content_positions, content_calls [B,T]   known bytes; T at least 1, at most 2,048
  query_contexts [B,Q,C], query_positions, query_calls [B,Q]                        positions to be coded
Output: logits float [B,Q,256], whole numbers -1024..1023 in 1/16 nat.

The Slice of every content input to 2,048 tokens changes nothing for a caller that keeps to that; it is what bounds the
number of keys, and so every sum over them, for the static audit.
"""
import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from . import grids

OPSET, IR_VERSION = 17, 8


class Writer:
    """Nodes and constants of a graph, in order; results are named by what they belong to."""

    def __init__(self):
        self.nodes, self.constants, self.where = [], {}, ""

    def constant(self, value, dtype=np.float32, name=None):
        array = np.asarray(value, dtype)
        if not np.array_equal(array.astype(np.float64), np.asarray(value, np.float64)):
            raise SystemExit(f"{name}: a constant needs more than 24 bits")
        name = name or f"{np.dtype(dtype).name}_{'_'.join(str(x) for x in array.reshape(-1))}"
        self.constants.setdefault(name, numpy_helper.from_array(array, name))
        return name

    def node(self, op, *inputs, output=None, **attributes):
        output = output or f"{self.where}{op.lower()}{len(self.nodes)}"
        self.nodes.append(helper.make_node(op, list(inputs), [output], name=output if output != "logits" else "logits_clip", **attributes))
        return output

    def times(self, x, power):
        return self.node("Mul", x, self.constant(2.0**power)) if power else x

    def clip(self, x, low, high, output=None):
        return self.node("Clip", x, self.constant(low), self.constant(high), output=output)

    def round(self, x):
        return self.node("Floor", self.node("Add", x, self.constant(0.5)))

    def reshape(self, x, *shape):
        return self.node("Reshape", x, self.constant(shape, np.int64))

    def slice(self, x, start, end, axis):
        return self.node("Slice", x, *(self.constant([n], np.int64) for n in (start, end, axis)))

    def total(self, x):
        return self.node("ReduceSum", x, self.constant([-1], np.int64), keepdims=1)

    def row(self, total, pieces):
        """int32 rows of a lookup table for whole numbers: grids.piecewise_index."""
        parts = []
        for shift, most in pieces:
            part = total if shift == 0 else self.node("Floor", self.times(total, -shift))
            parts.append(self.clip(part, 0, most))
        x = parts[0]
        for part in parts[1:]:
            x = self.node("Add", x, part)
        return self.node("Cast", x, to=TensorProto.INT32)

    def linear(self, x, name, layer):
        """floor((x @ w + b) 2^-shift + 1/2), with the scale and the half multiplied in (audit.md)."""
        half = 1 << (layer.shift - 1) if layer.shift else 0
        w = self.constant(layer.weights * 2.0**-layer.shift, name=f"{name}.w")
        b = self.constant((layer.bias + half) * 2.0**-layer.shift, name=f"{name}.b")
        return self.node("Floor", self.node("Add", self.node("MatMul", x, w), b))

    def add(self, x, y):
        return self.clip(self.node("Add", x, y), -grids.RESIDUAL_LIMIT, grids.RESIDUAL_LIMIT)

    def norm(self, x, width):
        limit = grids.square_limit(width)
        small = self.clip(self.round(self.times(x, -grids.SQUARE_SHIFT)), -limit, limit)
        row = self.row(self.total(self.node("Mul", small, small)), grids.ROOT_PIECES)
        root = self.node("Gather", self.constant(grids.root_table(width), name="root_table"), row, axis=0)
        return self.round(self.clip(self.node("Mul", x, root), -grids.NORM_LIMIT, grids.NORM_LIMIT))


class Stream:
    """One stream's nodes: tokens [B,N] of contents or of queries."""

    def __init__(self, writer, network, name):
        self.w, self.network, self.name = writer, network, name

    def heads(self, x):
        w, config = self.w, self.network.config
        return w.node("Transpose", w.reshape(x, 0, 0, config["heads"], self.network.head), perm=[0, 2, 1, 3])

    def project(self, y, i, name, low, high):
        return self.heads(self.w.clip(self.w.linear(y, f"{i}.{name}", self.network.layers[f"{i}.{name}"]), low, high))

    def turned(self, x, cos, sin):
        """Rotation by position: [B,H,N,h]."""
        w, half = self.w, self.network.head // 2
        a, b = w.slice(x, 0, half, 3), w.slice(x, half, 2 * half, 3)
        first = w.node("Sub", w.node("Mul", a, cos), w.node("Mul", b, sin))
        second = w.node("Add", w.node("Mul", a, sin), w.node("Mul", b, cos))
        x = w.round(w.times(w.node("Concat", first, second, axis=3), -7))
        return w.clip(x, -grids.KEY_LIMIT, grids.KEY_LIMIT)

    def angles(self, positions):
        w, half = self.w, self.network.head // 2
        tables = zip(("cosines", "sines"), grids.rotation_tables(self.network.head))
        return [w.reshape(w.node("Gather", w.constant(t, name=n), positions, axis=0), 0, 1, -1, half) for n, t in tables]

    def embed(self, contexts, added):
        w, config = self.w, self.network.config
        rows = w.node("Cast", w.node("Gather", "table", contexts, axis=0), to=TensorProto.FLOAT)
        rows = w.reshape(rows, 0, 0, len(self.network.columns) * config["tableWidth"])
        return w.add(w.linear(rows, "features", self.network.layers["features"]), added)

    def attend(self, q, k, v, own, penalty):
        """q [B,H,R,h], k and v [B,H,T,h], own None or ([B,H,R,h], [B,H,R,h]) -> [B,R,d]. penalty: 0 or less a key."""
        w = self.w
        shift = grids.score_shift(self.network.head)
        score = w.round(w.times(w.node("MatMul", q, w.node("Transpose", k, perm=[0, 1, 3, 2])), -shift))
        score = w.node("Add", score, penalty)
        top = w.node("ReduceMax", score, axes=[-1], keepdims=1)
        if own:
            own_score = w.round(w.times(w.total(w.node("Mul", q, own[0])), -shift))
            top = w.node("Max", top, own_score)
        weights = self.weights(top, score)
        total, products = w.total(weights), w.node("MatMul", weights, v)
        if own:
            own_weight = self.weights(top, own_score)
            total = w.node("Add", total, own_weight)
            products = w.node("Add", products, w.node("Mul", own_weight, own[1]))
        row = w.row(total, grids.SUM_PIECES)
        power, mantissa = (
            w.node("Gather", w.constant(t, name=n), row, axis=0) for n, t in zip(("powers", "mantissas"), grids.reciprocal_tables())
        )
        near = w.node("Floor", w.clip(w.node("Mul", products, power), -grids.QUOTIENT_LIMIT, grids.QUOTIENT_LIMIT))
        out = w.round(w.times(w.node("Mul", near, mantissa), -grids.RECIPROCAL_SHIFT))
        out = w.node("Transpose", w.clip(out, -grids.OUTPUT_LIMIT, grids.OUTPUT_LIMIT), perm=[0, 2, 1, 3])
        return w.reshape(out, 0, 0, self.network.config["width"])

    def weights(self, top, score):
        w = self.w
        x = w.node("Sub", w.constant(grids.WEIGHT_ONE), w.clip(w.node("Sub", top, score), 0, grids.WEIGHT_ONE))
        for _ in range(3):
            x = w.node("Floor", w.times(w.node("Mul", x, x), -7))
        return x

    def feed_forward(self, x, i):
        w, layers = self.w, self.network.layers
        y = w.clip(w.linear(w.norm(x, self.network.config["width"]), f"{i}.up", layers[f"{i}.up"]), 0, grids.NORM_LIMIT)
        return w.add(x, w.linear(y, f"{i}.down", layers[f"{i}.down"]))


def build_onnx(network):
    """The bytes of model.onnx; no date, no versions of tools."""
    w, config, layers = Writer(), network.config, network.layers
    columns, width = len(network.columns), config["width"]
    w.constants["table"] = numpy_helper.from_array(network.table, "table")
    content, query = Stream(w, network, "content"), Stream(w, network, "query")
    codes = w.constant(np.arange(grids.CALL_CODES), name="call_codes")
    ints = {name: w.slice(f"content_{name}", 0, grids.MAX_KEYS, 1) for name in ("contexts", "bytes", "positions", "calls")}

    w.where = "content_"
    calls = w.node("Gather", codes, ints["calls"], axis=0)
    x = content.embed(ints["contexts"], w.node("Gather", w.constant(network.bytes[: grids.SYMBOLS], name="bytes"), ints["bytes"], axis=0))
    angles = content.angles(ints["positions"])
    w.where = "query_"
    before = w.node("Gather", w.constant(np.arange(grids.CALL_CODES) - 1, name="calls_before"), "query_calls", axis=0)
    z = query.embed("query_contexts", w.constant(network.bytes[grids.MASK], name="mask"))
    query_angles = query.angles("query_positions")

    def penalty(limit):
        """[B,1,R,T]: 0 where the key's call is at most the row's limit, else -HIDDEN_PENALTY."""
        ahead = w.node("Sub", w.reshape(limit, 0, 1, -1, 1), w.reshape(calls, 0, 1, 1, -1))
        return w.node("Mul", w.clip(ahead, -1, 0), w.constant(grids.HIDDEN_PENALTY))

    content_penalty, query_penalty = penalty(calls), penalty(before)
    for i in range(config["layers"]):
        last = i + 1 == config["layers"]
        keys = (-grids.KEY_LIMIT, grids.KEY_LIMIT), (-grids.VALUE_LIMIT, grids.VALUE_LIMIT)
        w.where = f"{i}.content_"
        y = w.norm(x, width)
        k, v = content.turned(content.project(y, i, "k", *keys[0]), *angles), content.project(y, i, "v", *keys[1])
        if not last:
            q = content.turned(content.project(y, i, "q", *keys[0]), *angles)
            mixed = content.attend(q, k, v, None, content_penalty)
            x = content.feed_forward(w.add(x, w.linear(mixed, f"{i}.out", layers[f"{i}.out"])), i)
        w.where = f"{i}.query_"
        y = w.norm(z, width)
        q, own_k = (query.turned(query.project(y, i, n, *keys[0]), *query_angles) for n in "qk")
        mixed = query.attend(q, k, v, (own_k, query.project(y, i, "v", *keys[1])), query_penalty)
        z = query.feed_forward(w.add(z, w.linear(mixed, f"{i}.out", layers[f"{i}.out"])), i)
    w.where = ""
    w.clip(w.linear(w.norm(z, width), "head", layers["head"]), grids.LOGIT_LOW, grids.LOGIT_HIGH, output="logits")

    def value(name, *dims, kind=TensorProto.INT32):
        return helper.make_tensor_value_info(name, kind, list(dims))

    inputs = [value("content_contexts", "B", "T", columns)] + [value(f"content_{n}", "B", "T") for n in ("bytes", "positions", "calls")]
    inputs += [value("query_contexts", "B", "Q", columns)] + [value(f"query_{n}", "B", "Q") for n in ("positions", "calls")]
    output = value("logits", "B", "Q", grids.SYMBOLS, kind=TensorProto.FLOAT)
    graph = helper.make_graph(w.nodes, "ardm-attention", inputs, [output], list(w.constants.values()))
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION)
    model.ClearField("producer_name")
    model.ClearField("producer_version")
    onnx.checker.check_model(model, full_check=True)
    return model.SerializeToString(deterministic=True)
