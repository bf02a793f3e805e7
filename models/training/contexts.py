"""What each context is worth to a trained model: bits per byte lost when its column is blanked, without training again.

    python contexts.py --data DIR --run DIR

Held-out pieces of 1 KiB and of 16 KiB, 128 calls. Training without the column would lose less, since the others would take over; it ranks
columns by what their megabytes buy.
"""
import argparse
from pathlib import Path

import numpy as np

from model import WIDTH, threads
from train import Trainer, validation_pieces


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True, type=Path)
    parser.add_argument("--run", required=True, type=Path)
    args = parser.parse_args()
    threads(2)
    trainer = Trainer.restored(args.run / "checkpoint.pt")
    columns = trainer.columns
    sets = {size: [p for ps in validation_pieces(args.data, size, count, 3).values() for p in ps] for size, count in ((1024, 15), (16384, 2))}

    def rates():
        return {size: float(np.mean([trainer.rate_of(p, 128).mean() for p in ps])) for size, ps in sets.items()}

    whole = rates()
    print(f"{'all':14}       MB   1 KiB {whole[1024]:.3f}   16 KiB {whole[16384]:.3f}")
    for c, name in enumerate(columns.names):
        rows = slice(columns.offsets[c], columns.offsets[c] + (1 << columns.bits[c]))
        kept = trainer.table[rows].copy()
        trainer.table[rows] = 0
        without = rates()
        trainer.table[rows] = kept
        size = (1 << columns.bits[c]) * WIDTH / 1e6
        print(f"{name:14} {size:8.2f}   {without[1024] - whole[1024]:+8.3f}   {without[16384] - whole[16384]:+8.3f}", flush=True)


if __name__ == "__main__":
    main()
