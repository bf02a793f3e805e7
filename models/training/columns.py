"""The columns of a configuration: which contexts a model has, and where each one's rows lie in its table."""
import numpy as np

from features import CONTEXTS, segment_rows


NO_VALUES = np.zeros((0, 0), dtype=np.uint32)
NO_TURNS = np.zeros(0, dtype=np.int64)


class Columns:
    """names, and int64 per column: slot (place in CONTEXTS), bits, offset; rows of the whole table."""

    def __init__(self, config):
        self.names = [c for c in CONTEXTS if c in config["columns"]]
        self.slots = np.array([CONTEXTS.index(c) for c in self.names], dtype=np.int64)
        self.bits = np.array([config["columns"][c] for c in self.names], dtype=np.int64)
        self.offsets = np.concatenate([[0], np.cumsum(1 << self.bits)[:-1]]).astype(np.int64)
        self.rows = int((1 << self.bits).sum())
        self.block = config.get("blockLength", 1024)

    def __len__(self):
        return len(self.names)

    def indices(self, piece, calls, order=0, group=0, out=None):
        """Table indices int32 [n, columns] of a piece uint8 [n]: interleaved in `calls` calls, or (order 1) at random in groups."""
        out = np.zeros((len(piece), len(self)), dtype=np.int32) if out is None else out
        self._rows(piece, calls, order, group, out, NO_VALUES, NO_TURNS)
        return out

    def looked_at(self, piece, calls):
        """All that is seen of a piece, interleaved in `calls` calls: (indices, values uint32 [n, 1 + len(CONTEXTS)], turns int64 [n]), as in segment_rows."""
        n = len(piece)
        indices = np.zeros((n, len(self)), dtype=np.int32)
        values, turns = np.zeros((n, 1 + len(CONTEXTS)), dtype=np.uint32), np.zeros(n, dtype=np.int64)
        self._rows(piece, calls, 0, 0, indices, values, turns)
        return indices, values, turns

    def _rows(self, piece, calls, order, group, out, values, turns):
        block = 1024 if order else self.block
        segment_rows(piece, calls, order, group, block, self.slots, self.bits, self.offsets, out, values, turns)
