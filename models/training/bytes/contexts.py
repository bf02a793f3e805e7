"""What each context is worth to a trained model: bits per byte lost when its column is blanked, without training again.

    python -m bytes.contexts --data DIR --run DIR

Held-out pieces of 1 KiB and of 16 KiB, 128 calls, without mixing. Training without the column would lose less, since the others would take over;
it ranks columns by what their megabytes buy. Then the same for the whole table with rows merged in twos, fours, eights (a row's number
is the upper bits of a hash): what a model of half, a quarter, an eighth of the size would lose at most. RUN/contexts.png shows both.
"""
import argparse
from pathlib import Path

import numpy as np

from .grids import WIDTH
from .kernels import threads
from .pieces import validation_pieces
from .trainer import Trainer


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True, type=Path)
    parser.add_argument("--run", required=True, type=Path)
    args = parser.parse_args()
    threads(2)
    trainer = Trainer.restored(args.run / "checkpoint.pt")
    columns = trainer.columns
    sets = {size: [p for ps in validation_pieces(args.data, size, count, 3).values() for p in ps] for size, count in ((1024, 8), (16384, 1))}

    def rates():
        return {size: float(np.mean([trainer.rate_of(p, 128).mean() for p in ps])) for size, ps in sets.items()}

    whole = rates()
    print(f"{'all':14}       MB   1 KiB {whole[1024]:.3f}   16 KiB {whole[16384]:.3f}")

    def report(name, megabytes):
        without = rates()
        lost = {size: without[size] - whole[size] for size in sets}
        print(f"{name:14} {megabytes:8.2f}   {lost[1024]:+8.3f}   {lost[16384]:+8.3f}", flush=True)
        return name, megabytes, lost

    blanked, merged = [], []
    for c, name in enumerate(columns.names):
        rows = slice(columns.offsets[c], columns.offsets[c] + (1 << columns.bits[c]))
        kept = trainer.table[rows].copy()
        trainer.table[rows] = 0
        blanked.append(report(name, (1 << columns.bits[c]) * WIDTH / 1e6))
        trainer.table[rows] = kept
    full = trainer.table.copy()
    for factor in (2, 4, 8):
        means = full.reshape(-1, factor, WIDTH).mean(1)
        trainer.table[:] = np.repeat(means, factor, axis=0)
        merged.append(report(f"rows in {factor}s", full.size / factor / 1e6))
    plot(args.run / "contexts.png", blanked, [("all", full.size / 1e6, {size: 0 for size in sets}), *merged])


def plot(path, blanked, merged):
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, (left, right) = plt.subplots(1, 2, figsize=(13, 5.5), width_ratios=[2, 1])
    for name, megabytes, lost in blanked:
        left.plot(megabytes, max(lost[1024], 1e-4), "o", color="C0", ms=4)
        left.annotate(name, (megabytes, max(lost[1024], 1e-4)), fontsize=7, xytext=(3, 2), textcoords="offset points")
    left.set(xscale="log", yscale="log", xlabel="MB of the column", ylabel="bits per byte lost when it is blanked", title="Each context, 1 KiB pieces")
    for size, label in ((1024, "1 KiB pieces"), (16384, "16 KiB pieces")):
        right.plot([m for _, m, _ in merged], [lost[size] for _, _, lost in merged], "o-", label=label)
    right.set(xscale="log", xlabel="MB of table", ylabel="bits per byte lost, not trained again", title="Rows merged")
    right.legend()
    for axis in (left, right):
        axis.grid(alpha=0.3)
    figure.tight_layout()
    figure.savefig(path, dpi=100)


if __name__ == "__main__":
    main()
