"""Pieces of text as the two streams of tokens that the attention tier reads, coded as the service codes them.

The contexts of a position come from shared/columns.py: what they see is what is known when the position's call comes. A
content token (the byte once known) and the query token (the byte still unknown) of a position share its contexts.
"""
import numpy as np

from shared.order import BLOCK, interleaved, shuffled

from . import grids


def call_codes(n, calls, order, group):
    """int32 [n]: 1 + the network call that codes each position of a block of n."""
    positions, starts = np.zeros(BLOCK, np.int64), np.zeros(BLOCK + 1, np.int64)
    if order == 0:
        used = interleaved(n, calls, positions, starts)
        starts = starts[: used + 1]
    else:
        shuffled(n, positions)
        starts = np.append(np.arange(0, n, group), n)
    codes = np.zeros(n, np.int32)
    codes[positions[:n]] = np.repeat(np.arange(1, len(starts), dtype=np.int32), np.diff(starts))
    return codes


def last_block(piece, calls, order, group, columns):
    """Tokens of the last block of a piece, with the block before it (if there is one) as known content: a dict of arrays
    as model.py takes them, without the batch dimension, and `targets`."""
    n = (len(piece) - 1) % BLOCK + 1
    history = min(len(piece) - n, BLOCK)
    tail = slice(len(piece) - n - history, None)
    contexts = columns.indices(piece, calls, order, group)[tail]
    codes = call_codes(n, calls, order, group)
    positions = np.arange(BLOCK - history, BLOCK + n, dtype=np.int32)
    return {
        "content_contexts": contexts,
        "content_bytes": piece[tail].astype(np.int32),
        "content_positions": positions,
        "content_calls": np.concatenate([np.zeros(history, np.int32), codes]),
        "query_contexts": contexts[history:],
        "query_positions": positions[history:],
        "query_calls": codes,
        "targets": piece[-n:].astype(np.int32),
    }


FILL = {"content_calls": grids.PADDING, "targets": -1}


def batch_of(examples):
    """Stacks examples; shorter ones are filled up with content that nobody sees and queries whose logits nobody reads."""
    batch = {}
    for name in examples[0]:
        longest = max(len(e[name]) for e in examples)
        fill = FILL.get(name, 0)
        batch[name] = np.stack(
            [np.pad(e[name], [(0, longest - len(e[name]))] + [(0, 0)] * (e[name].ndim - 1), constant_values=fill) for e in examples]
        )
    return batch
