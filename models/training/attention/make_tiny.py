"""A small attention model with random weights for the audit's tests: test/audit/attention-tiny.

    python -m attention.make_tiny

Not trained. Seeds are fixed and numpy's RandomState is frozen for good: same files every time.
"""
import numpy as np

from . import grids
from .export import REPOSITORY, coding_json, check_equal
from .graph import build_onnx
from .network import Layer, Network

WIDTH, HEADS, HIDDEN, LAYERS, TABLE_WIDTH = 32, 2, 64, 2, 8
CONTEXTS = ("two-sided-1", "order-3", "match-long")
BITS = 8


def make_network():
    random = np.random.RandomState(5)
    columns = [{"context": c, "bits": BITS, "offset": i << BITS} for i, c in enumerate(CONTEXTS)]

    def layer(inputs, outputs, shift):
        return Layer(random.randint(-255, 256, (inputs, outputs)).astype(np.int64), random.randint(-4096, 4096, outputs).astype(np.int64), shift)

    layers = {"features": layer(len(columns) * TABLE_WIDTH, WIDTH, 10), "head": layer(WIDTH, grids.SYMBOLS, 10)}
    for i in range(LAYERS):
        layers.update({f"{i}.{name}": layer(WIDTH, WIDTH, shift) for name, shift in (("q", 8), ("k", 8), ("v", 10), ("out", 9))})
        layers.update({f"{i}.up": layer(WIDTH, HIDDEN, 9), f"{i}.down": layer(HIDDEN, WIDTH, 9)})
    config = {"width": WIDTH, "heads": HEADS, "hidden": HIDDEN, "layers": LAYERS, "tableWidth": TABLE_WIDTH, "attention": True}
    table = random.randint(-127, 128, (len(columns) << BITS, TABLE_WIDTH)).astype(np.int8)
    return Network(config, columns, table, random.randint(-127, 128, (grids.SYMBOLS + 1, WIDTH)).astype(np.int64), layers)


def main():
    network = make_network()
    model = build_onnx(network)
    check_equal(network, model)
    folder = REPOSITORY / "test/audit/attention-tiny"
    folder.mkdir(exist_ok=True)
    (folder / "model.onnx").write_bytes(model)
    (folder / "coding.json").write_bytes(coding_json(network))
    print(f"{folder.relative_to(REPOSITORY)}: {len(model):,} bytes; audit it with the tests")


if __name__ == "__main__":
    main()
