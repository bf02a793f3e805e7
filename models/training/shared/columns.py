"""The columns of a configuration: which contexts a model has, and where each one's rows lie in its table."""
import json

import numpy as np

from .features.contexts import CONTEXTS, SLOT, VALUES
from .features.rows import partition_rows, segment_rows
from .order import BLOCK

NO_VALUES = np.zeros((0, 0), dtype=np.uint32)
NO_TURNS = np.zeros(0, dtype=np.int64)


def released_columns(folder):
    """[{"context", "bits", "offset"}] of an exported model."""
    return json.loads((folder / "coding.json").read_text())["columns"]


class Columns:
    """names, and int64 per column: slot (place in CONTEXTS), bits, offset; rows of the whole table.

    Indices may have more columns behind these: those that only a teacher has (`more`, as [{"context", "bits"}]), counted from 0.
    """

    def __init__(self, config, more=()):
        self.names = [c for c in CONTEXTS if c in config["columns"]]
        self.bits = np.array([config["columns"][c] for c in self.names], dtype=np.int64)
        self.offsets = np.concatenate([[0], np.cumsum(1 << self.bits)[:-1]]).astype(np.int64)
        self.rows = int((1 << self.bits).sum())
        self.block = config.get("blockLength", BLOCK)
        more = [c for c in more if c["context"] not in self.names]
        self.all_names = [*self.names, *(c["context"] for c in more)]
        self.all_bits = np.concatenate([self.bits, [c["bits"] for c in more]]).astype(np.int64)
        self.all_offsets = np.concatenate([self.offsets, np.zeros(len(more))]).astype(np.int64)
        self.slots = np.array([SLOT[c] for c in self.all_names], dtype=np.int64)

    def __len__(self):
        return len(self.names)

    def indices(self, piece, calls, order=0, group=0, out=None):
        """Table indices int32 [n, columns] of a piece uint8 [n]: interleaved in `calls` calls, or (order 1) at random in groups."""
        out = np.zeros((len(piece), len(self.slots)), dtype=np.int32) if out is None else out
        self._rows(piece, calls, order, group, out, NO_VALUES, NO_TURNS)
        return out

    def looked_at(self, piece, calls):
        """All that is seen of a piece, interleaved in `calls` calls: (indices, values uint32 [n, VALUES], turns int64 [n]), as in segment_rows."""
        n = len(piece)
        indices = np.zeros((n, len(self.slots)), dtype=np.int32)
        values, turns = np.zeros((n, VALUES), dtype=np.uint32), np.zeros(n, dtype=np.int64)
        self._rows(piece, calls, 0, 0, indices, values, turns)
        return indices, values, turns

    def in_partition(self, piece, positions, starts, out=None):
        """Table indices of a piece of at most a block, coded in the calls positions[starts[t] : starts[t + 1]]."""
        out = np.zeros((len(piece), len(self.slots)), dtype=np.int32) if out is None else out
        partition_rows(piece, positions, starts, self.slots, self.all_bits, self.all_offsets, out, NO_VALUES)
        return out

    def _rows(self, piece, calls, order, group, out, values, turns):
        block = BLOCK if order else self.block
        segment_rows(piece, calls, order, group, block, self.slots, self.all_bits, self.all_offsets, out, values, turns)
