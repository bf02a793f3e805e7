"""Start a run with the table of a released model: its folder -> RUN/checkpoint.pt, at 0 bytes read.

    python -m bytes.warm_start --model models/text-2 --config models/training/bytes/text-3.json --run DIR

Columns that both have keep their rows (a row's number is the upper bits of a hash: of a column that is halved, neighbouring rows are
averaged; in one that is doubled, each stands twice). The dense part starts anew: going on with the old one was tried, and at any rate that learns it lost for megabytes what it
knew, as its weights had grown large; a new one reads the old rows after a few hundred kilobytes (after 1 MB 2.32 bits per
byte, from nothing 2.62).
"""
import argparse
import json
from pathlib import Path

import numpy as np
import onnx
from onnx import numpy_helper

from shared.columns import released_columns

from .grids import EMBEDDING_GRID, WIDTH
from .trainer import Trainer

# Adagrad's sum of an old row, which a released model does not have: small beside those of a common row, large beside none.
SQUARES = 0.3


def released(folder):
    """(columns, table int8 [rows, 16]) of an exported model."""
    graph = onnx.load(folder / "model.onnx").graph
    table = next(numpy_helper.to_array(i) for i in graph.initializer if i.name == "table")
    return released_columns(folder), table


def rows_of(table, old, bits):
    """fp32 [2**bits, WIDTH]: a column's rows, merged where it gets fewer."""
    rows = table[old["offset"] : old["offset"] + (1 << old["bits"])].astype(np.float32) / EMBEDDING_GRID
    if bits > old["bits"]:
        return np.repeat(rows, 1 << (bits - old["bits"]), axis=0)
    return rows.reshape(1 << bits, -1, WIDTH).mean(1)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("model", "config", "run"):
        parser.add_argument(f"--{name}", required=True, type=Path)
    args = parser.parse_args()
    trainer = Trainer(json.loads(args.config.read_text()))
    columns, table = released(args.model)
    old = {c["context"]: c for c in columns}
    mine = trainer.columns
    for name, bits, offset in zip(mine.names, mine.bits, mine.offsets):
        if name in old:
            rows = slice(offset, offset + (1 << bits))
            trainer.table[rows] = rows_of(table, old[name], bits)
            trainer.squares[rows] = SQUARES
    args.run.mkdir(parents=True, exist_ok=True)
    trainer.save(args.run / "checkpoint.pt")


if __name__ == "__main__":
    main()
