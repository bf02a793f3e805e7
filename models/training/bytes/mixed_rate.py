"""Rates of a trained network with context mixing behind it, as the service codes: every step in the integers of the exported model."""
import numpy as np

from shared.certain import certain
from shared.coding import logit_weights
from shared.features.contexts import CLASSES_SLOT, SLOT
from shared.mixing import CONTEXTS, mixed_bits

from .grids import LOGIT_GRID

LOGIT_WEIGHTS = np.array(logit_weights(LOGIT_GRID), dtype=np.int64)


class MixingInputs:
    """What the mixing stage needs of a piece uint8 [n] coded in `calls` calls: the arguments of mixed_bits.

    skip: (matchLength, historyCount) of a model in which certain positions skip the network. contexts: what is mixed, by name.
    """

    def __init__(self, trainer, piece, calls, skip=None, contexts=CONTEXTS):
        indices, values, turns = trainer.columns.looked_at(piece, calls)
        logits = np.concatenate([trainer.logits_of(indices[i : i + 8192]).numpy() for i in range(0, len(piece), 8192)])
        row = values[:, SLOT["match-long"]].astype(np.int64)
        self.piece, self.turns = piece, turns
        self.logits = np.rint(logits[turns] * LOGIT_GRID).astype(np.int64)
        self.values = np.ascontiguousarray(values[:, [SLOT[name] for name in contexts]])
        self.expected = np.where(row > 0, (row & 4095) >> 4, -1)
        self.match = np.where(row > 0, (row & 15) + 16 * (row >= 4096), 0)
        self.skips = certain(values, *skip) if skip else None
        self.classes = values[:, CLASSES_SLOT].astype(np.int64)

    def bits(self, parameters, rate):
        """float64 [n]; `parameters` go on as the piece leaves them."""
        return mixed_bits(
            self.piece, self.turns, self.logits, LOGIT_WEIGHTS, self.values, self.expected, self.match, parameters, rate, self.skips, self.classes
        )
