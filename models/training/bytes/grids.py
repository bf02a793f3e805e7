"""Grids of the context network (powers of two), which all that computes with it keeps to.

Embedding 1/32 in +-127/32, hidden activations 1/32 in 0..255/32, logits 1/16 nat in -64..64, weights 2**-bits in +-limit: +-511 and one
grid for all of a layer (text-1, text-2), or +-64 and a grid for each output, so that one product of bytes is the layer
(src/runtime/byte-products.md says why 64 and not 127).
"""
from pathlib import Path

import numpy as np

REPOSITORY = Path(__file__).resolve().parents[3]
EMBEDDING_GRID = 32
HIDDEN_GRID = 32
LOGIT_GRID = 16
LOGIT_LOW, LOGIT_HIGH = -1024 / LOGIT_GRID, 1023 / LOGIT_GRID
WEIGHT_LIMIT, BYTE_LIMIT = 511, 64
SPREAD = 4  # between the finest grid of a layer's outputs and the coarsest, in powers of two
WIDTH = 16  # elements of an embedding row; a constant so that numba unrolls the loops over it
HIDDEN_LIMIT = np.float32(255 / HIDDEN_GRID)
