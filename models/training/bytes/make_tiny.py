"""Small models for the tests, and a model of real size with random weights for measurements of speed.

    python -m bytes.make_tiny                            # test/fixtures/models/{tiny-a,tiny-b,tiny-c}
    python -m bytes.make_tiny --real-size /tmp/models    # /tmp/models/random-full: 20 columns, 44 MB

The tiny models are not trained. Their last bias holds the byte frequencies of a line of text, so they do shrink text
like it, and their random tables shift every logit by something that depends on every column: whoever computes one
context wrongly decodes wrong bytes. tiny-c has what the others lack: contexts of structure, blocks as long as a segment, and context
mixing, which starts from a guess. Seeds are fixed and numpy's RandomState is frozen for good: same files every time.
"""

import argparse
import dataclasses
import pathlib
import sys

import numpy as np

from shared.mixing import Parameters
from shared.order import LONG_BLOCK

from .export import REPOSITORY, export_model
from .network import HIDDEN_RANGE, LOGIT_RANGE, SYMBOLS, Layer, Network, check_network

LOGIT_SCALE = 16
MIXING_RATE = 12
# Their own, whatever export.py takes where nothing was measured: tests name them.
PRESETS = {"fast": 32, "balanced": 85, "small": 1024}
PROSE = (
    "It was late in the evening when the train from the coast came in, and the few people who had waited for it on "
    "the platform were glad to see its lamps at last. \"You will want something hot,\" said Anne; \"there is tea."
    "\"\nThe house had been shut since March, and nobody but the two of them knew where the key was kept."
)
RECORDS = (
    '{"id": 10482, "name": "pump-7", "ok": true, "time": "2021-03-14T09:26:53Z", "values": [0.25, 17, -3, 128]}\n'
    '{"id": 10483, "name": "valve-12", "ok": false, "time": "2021-03-14T09:27:05Z", "values": [1.5, 90, 4, 66]}\n'
)


def make_columns(contexts):
    columns, offset = [], 0
    for context, bits in contexts:
        columns.append({"context": context, "bits": bits, "offset": offset})
        offset += 1 << bits
    return columns


def byte_logits(text):
    """int64 [256]: logits of the byte frequencies of `text`, every other byte counted as one eighth."""
    counts = np.full(SYMBOLS, 0.125)
    np.add.at(counts, np.frombuffer(text.encode(), np.uint8), 1)
    return np.rint(LOGIT_SCALE * np.log(counts / counts.sum())).astype(np.int64)


def shift_for(inputs, weight, value, wanted):
    """The shift that brings a sum of `inputs` products of random numbers of these sizes to about `wanted`."""
    return max(0, round(np.log2(inputs**0.5 * weight * value / wanted)))


def make_network(seed, contexts, width, hidden, text):
    """A random integer network whose logits scatter by some 8 units around the byte frequencies of `text`."""
    random = np.random.RandomState(seed)
    columns = make_columns(contexts)
    rows = sum(1 << column["bits"] for column in columns)
    table = random.randint(-64, 65, (rows, width)).astype(np.int8)
    layers, inputs, value = [], len(columns) * width, 37
    for outputs in (*hidden, SYMBOLS):
        last = outputs == SYMBOLS and len(layers) == len(hidden)
        weights = random.randint(-31, 32, (inputs, outputs)).astype(np.int64)
        shift = shift_for(inputs, 18, value, 8 if last else 90)
        bias = byte_logits(text) << shift if last else random.randint(0, 64, outputs).astype(np.int64) << shift
        layers.append(Layer(weights, bias, shift, *(LOGIT_RANGE if last else HIDDEN_RANGE)))
        inputs, value = outputs, 70
    losses = [int(x) for x in np.linspace(5200, 3900, 65)]
    network = Network(table, columns, layers, LOGIT_SCALE, losses)
    check_network(network)
    return network


def with_mixing(network, contexts):
    mixing = Parameters(len(contexts)).start(30).to_json(contexts, MIXING_RATE)
    return dataclasses.replace(network, block_length=LONG_BLOCK, mixing=mixing)


MODELS = {
    "tiny-a": lambda: make_network(1, [("two-sided-1", 10), ("order-3", 12), ("match-long", 12)], 8, (32,), PROSE),
    "tiny-b": lambda: make_network(2, [("two-sided-1", 10), ("order-4", 12), ("word", 12)], 8, (48, 32), RECORDS),
    "tiny-c": lambda: with_mixing(
        make_network(4, [("two-sided-1", 10), ("aligned-2", 12), ("history-key", 11)], 8, (32,), RECORDS),
        ("order-1", "order-2", "order-4", "word", "key"),
    ),
}
REAL_CONTEXTS = (
    "two-sided-1 two-sided-2 order-3 order-4 order-5 order-6 order-8 word word-pair skip near above line match-long "
    "match-short history-1 history-2 history-3 history-4 history-6"
).split()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--real-size", type=pathlib.Path, metavar="FOLDER", help="write random-full there instead")
    arguments = parser.parse_args()
    description = "Nothing: fixed random weights around the byte frequencies of one line, made by make_tiny.py"
    if arguments.real_size:
        contexts = [(context, 17) for context in REAL_CONTEXTS]
        network = make_network(3, contexts, 16, (512, 256), PROSE)
        export_model(network, "random-full", arguments.real_size / "random-full", {}, description)
        return
    for model_id, make in MODELS.items():
        export_model(make(), model_id, REPOSITORY / "test/fixtures/models" / model_id, {"presets": PRESETS}, description)


if __name__ == "__main__":
    sys.exit(main())
