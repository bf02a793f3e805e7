"""What a batch teaches: which of its rows are propagated back, with what gradient by the logits, and what each of them weighs."""
import numpy as np
import torch
from numba import njit, prange

from .grids import LOGIT_HIGH, LOGIT_LOW

# Half of the rows of a trained model are not worth their arithmetic. A row whose gradient by the logits has length s (the sum of its
# absolute values, 0 to 2) is propagated back with chance min(1, s / SURE), and then weighs as much more, so that no expectation changes.
SURE = 1.5
# With a teacher gradients are shorter. It is asked, at three microseconds a row, only about rows that are drawn first: with a chance that falls
# with the probability p of the true byte, (1 - p) / DOUBT and at least LEAST_ASKED.
SURE_WITH_TEACHER, DOUBT, LEAST_ASKED = 0.8, 0.5, 0.15
WHOLE = 128  # rows of a product are filled up to a multiple: oneDNN compiles code for each new shape, which takes as long as two products


@njit(parallel=True, cache=True, fastmath=True)
def gradients(p, q, share, targets, logits, rows, out, lengths):
    """Of the rows given, the gradient by the logits: p fp32 [batch, 256] less what is to be learned, which is q fp32 [rows, 256] times `share`
    and the byte itself times the rest; none that would push further past the clip. lengths: the sums of the absolute values."""
    width = p.shape[1]
    rest = np.float32(1) - share
    for k in prange(len(rows)):
        i = rows[k]
        t = targets[i]
        for j in range(width):
            out[k, j] = p[i, j] - share * q[k, j]
        out[k, t] -= rest
        s = np.float32(0)
        for j in range(width):
            l, d = logits[i, j], out[k, j]
            d = np.float32(0) if (l <= LOGIT_LOW and d > 0) or (l >= LOGIT_HIGH and d < 0) else d
            out[k, j] = d
            s += abs(d)
        lengths[k] = s


def drawn(chance, random):
    """int64: which of float32 [n] come up, each with its chance."""
    return np.flatnonzero(torch.rand(len(chance), generator=random).numpy() < chance)


def filled(rows):
    """Row 0 is named again until there are whole multiples."""
    return np.pad(rows, (0, -len(rows) % WHOLE))


def lesson(teacher, share, indices, targets, p, known, logits, random):
    """(rows that are propagated back, their gradients by the logits, what each of them weighs).

    p fp32 [batch, 256]: the network's distribution; known fp32 [batch]: of the true bytes. share: how much of what is to be learned the
    teacher's distribution is; teacher None: the bytes alone."""
    if teacher is None:
        chance = np.minimum(1, 2 * (1 - known) / SURE)
        rows = drawn(chance, random)
        q = p[rows]
    else:
        chance = np.clip((1 - known) / DOUBT, LEAST_ASKED, 1)
        rows = drawn(chance, random)
        q = teacher.probabilities(indices[filled(rows)]).numpy()
    d, lengths = np.empty((len(rows), 256), dtype=np.float32), np.empty(len(rows), dtype=np.float32)
    gradients(p, q, share, targets, logits, rows, d, lengths)
    weight = 1 / chance[rows]
    if teacher is None:
        return rows, d, weight
    again = np.minimum(1, lengths * weight / SURE_WITH_TEACHER)
    kept = drawn(again, random)
    return rows[kept], d[kept], weight[kept] / again[kept]
