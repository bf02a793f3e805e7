"""Rates of a trained network with context mixing behind it, as the service codes: every step in the integers of the exported model."""
import numpy as np

from export import logit_weights
from features import CONTEXTS
from mixing import CONTEXTS as MIXED
from mixing import mixed_bits
from model import LOGIT_GRID

MATCH_LONG = 1 + CONTEXTS.index("match-long")
LOGIT_WEIGHTS = np.array(logit_weights(LOGIT_GRID), dtype=np.int64)


def column_of(name):
    """Of `values` in features.py, where a context's value stands; c(2) stands in the place of two-sided-2."""
    if name == "two-sided-2":
        raise ValueError("the value of two-sided-2 is not kept")
    return {"order-1": 0, "order-2": 2}[name] if name in ("order-1", "order-2") else 1 + CONTEXTS.index(name)


VALUES = [column_of(name) for name in MIXED]


class MixingInputs:
    """What the mixing stage needs of a piece uint8 [n] coded in `calls` calls: the arguments of mixed_bits."""

    def __init__(self, trainer, piece, calls):
        indices, values, turns = trainer.columns.looked_at(piece, calls)
        logits = np.concatenate([trainer.logits_of(indices[i : i + 8192]).numpy() for i in range(0, len(piece), 8192)])
        row = values[:, MATCH_LONG].astype(np.int64)
        self.piece, self.turns = piece, turns
        self.logits = np.rint(logits[turns] * LOGIT_GRID).astype(np.int64)
        self.values = np.ascontiguousarray(values[:, VALUES])
        self.expected = np.where(row > 0, (row & 4095) >> 4, -1)
        self.match = np.where(row > 0, (row & 15) + 16 * (row >= 4096), 0)

    def bits(self, parameters, rate):
        """float64 [n]; `parameters` go on as the piece leaves them."""
        return mixed_bits(
            self.piece, self.turns, self.logits, LOGIT_WEIGHTS, self.values, self.expected, self.match, parameters, rate
        )
