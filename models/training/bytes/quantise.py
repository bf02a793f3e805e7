"""Integers from a checkpoint: RUN/checkpoint.pt -> RUN/weights.npz, the input of bytes.export.

    python -m bytes.quantise --data DIR --run DIR

The last part of training already runs on the grids (model.py), so this only writes the whole numbers down, and measures
the losses L_t of the random order on held-out pieces for the schedule's dynamic program. A checkpoint from before that
part gets its grids here (a rounding that costs a few thousandths of a bit).
"""
import argparse
import json
from pathlib import Path

import numpy as np

from shared.order import BLOCK, shuffled

from .grids import EMBEDDING_GRID, HIDDEN_GRID, LOGIT_GRID
from .kernels import threads
from .pieces import validation_pieces
from .trainer import Trainer

LOSS_POINTS = 64


def random_order_loss(trainer, pieces):
    """L_t in 1/1000 bit: mean cost of a byte when t/64 of a 1,024-byte block are known."""
    order = np.zeros(BLOCK, dtype=np.int64)
    shuffled(BLOCK, order)
    total, count = np.zeros(BLOCK), 0
    for group in pieces.values():
        for piece in group:
            total += trainer.rate_of(piece, 0, order=1, group=1)[order]
            count += 1
    return np.round(1000 * (total / count).reshape(LOSS_POINTS, -1).mean(1)).astype(np.int64)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True, type=Path)
    parser.add_argument("--run", required=True, type=Path)
    parser.add_argument("--checkpoint", type=Path, help="another checkpoint than RUN/checkpoint.pt")
    args = parser.parse_args()
    threads(2)
    trainer = Trainer.restored(args.checkpoint or args.run / "checkpoint.pt")
    dense = trainer.dense
    if dense.weight_bits is None:
        print("not trained on the grids yet; rounding", dense.choose_grids())
    arrays = {"table": np.clip(np.floor(trainer.table * EMBEDDING_GRID + 0.5), -127, 127).astype(np.int8)}
    below = EMBEDDING_GRID
    for i, (w, b, wb) in enumerate(zip(dense.weights, dense.biases, dense.weight_bits), 1):
        last = i == len(dense.weights)
        above = LOGIT_GRID if last else HIDDEN_GRID
        scale = 2.0 ** wb.numpy()
        arrays[f"w{i}"] = np.clip(np.floor(w.numpy() * scale + 0.5), -dense.limit, dense.limit).astype(np.int64)
        arrays[f"b{i}"] = np.floor(b.numpy() * below * scale + 0.5).astype(np.int64)
        arrays[f"shift{i}"] = np.rint(np.log2(below * scale / above)).astype(np.int64)
        below = above
    mine = trainer.columns
    columns = [{"context": c, "bits": int(n), "offset": int(o)} for c, n, o in zip(mine.names, mine.bits, mine.offsets)]
    loss = random_order_loss(trainer, validation_pieces(args.data, per_group=10))
    np.savez(
        args.run / "weights.npz", columns_json=json.dumps(columns), logit_scale=np.int64(LOGIT_GRID),
        random_order_loss=loss, block_length=np.int64(mine.block), **arrays,
    )
    print(f"random order: {loss[0] / 1000:.2f} bits with nothing known, {loss[-1] / 1000:.2f} at the end, {loss.mean() / 1000:.3f} on average")
    print(f"{args.run / 'weights.npz'}: table {arrays['table'].nbytes / 1e6:.1f} MB, rows never used {np.mean(~arrays['table'].any(1)):.1%}")


if __name__ == "__main__":
    main()
