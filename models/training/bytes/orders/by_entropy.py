"""Orders that do look: what to code is chosen by the entropies of the candidates' logits, which the decoder has too."""
import math

import numpy as np
import torch

from shared.columns import NO_VALUES
from shared.features.contexts import VALUES
from shared.features.rows import fresh, reveal, rows_of_call

from .corpus import N


def candidates(known, edges):
    """First position of every gap and, with edges, its last one, if known bytes follow."""
    unknown = np.flatnonzero(known == 0)
    heads = unknown[(unknown == 0) | (known[unknown - 1] == 1)]
    tails = unknown[(unknown < N - 1) & (known[np.minimum(unknown + 1, N - 1)] == 1)]
    return (np.union1d(heads, tails) if edges else heads), unknown


def middles(unknown, chosen, want):
    """`want` more positions, each the middle of the longest stretch of unknown ones without any yet."""
    chosen = list(chosen)
    for _ in range(want):
        walls = np.union1d(np.setdiff1d(np.arange(-1, N + 1), unknown), chosen)
        gap = np.diff(walls)
        k = int(gap.argmax())
        chosen.append(int(walls[k] + gap[k] // 2))
    return np.sort(np.array(chosen))


def by_entropy(trainer, pieces, calls, edges, extra, out):
    """Rows of pieces coded together in `calls` calls. `extra`: how many more lanes than fit, as a factor."""
    columns, scratch = trainer.columns, np.zeros(VALUES, dtype=np.uint32)
    states = [fresh(N) for _ in pieces]
    count = max(1, min(N, math.ceil(N / calls * extra)))
    first = np.unique(np.arange(count) * N // count)
    for t in range(calls):
        some, room = [], []
        for piece, state, rows in zip(pieces, states, out):
            known = state.known
            at, unknown = candidates(known, edges)
            due = -(-len(unknown) // (calls - t))
            if t == 0:
                at = first
            if len(at) < due:
                at = unknown if due == len(unknown) else middles(unknown, at, due - len(at))
            if len(at):
                rows_of_call(state, piece, at, scratch, columns.slots, columns.bits, columns.offsets, rows, NO_VALUES)
            some.append(at)
            room.append(due)
        logits = trainer.logits_of(np.concatenate([r[a] for r, a in zip(out, some)]))
        p = torch.log_softmax(logits, 1)
        entropy = -(p.exp() * p).sum(1).numpy()
        i = 0
        for piece, state, at, due in zip(pieces, states, some, room):
            e = entropy[i : i + len(at)]
            i += len(at)
            if len(at) > due and t > 0:
                at = np.sort(at[np.argsort(e, kind="stable")[:due]])
            if len(at):
                reveal(state, piece, at)
    assert all(state.known.all() for state in states)


DYNAMIC = {"lanes that wait": (False, 1.25), "edges": (True, 1.0)}
