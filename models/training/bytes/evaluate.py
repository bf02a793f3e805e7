"""Measure a checkpoint on held-out files: RUN/rate.json (for export.py --rate) and RUN/training.png.

    python -m bytes.evaluate --data DIR --run DIR

Rates are those of 1 KiB pieces with mixing (fit_mixing.py) behind the network, the mean over the groups of held-out files, for a
ladder of `calls`.
"""
import argparse
import json
from pathlib import Path

import numpy as np

from shared.mixing import Parameters

from .mixed_rate import MixingInputs
from .kernels import threads
from .pieces import validation_pieces
from .trainer import Trainer

LADDER = [1, 4, 16, 32, 64, 86, 128, 256, 512, 1024]
PIECES = 16  # of each kind
PRESETS = {"fast": 32, "balanced": 128, "small": 1024}


def plot(run):
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    lines = [json.loads(line) for line in open(run / "log.jsonl")]
    figure, axis = plt.subplots(figsize=(8, 4.5))
    smooth = np.convolve([line["loss"] for line in lines], np.ones(16) / 16, "valid")
    axis.plot([line["bytes"] / 1e6 for line in lines][15:], smooth, lw=0.8, color="0.6", label="training, mean of 4 MB")
    held = [line for line in lines if "valid" in line]
    for key in held[-1]["valid"]:
        if key.endswith("@128"):
            axis.plot([h["bytes"] / 1e6 for h in held], [h["valid"].get(key) for h in held], label=key[:-4])
    axis.set(xlabel="training bytes read (MB)", ylabel="bits per byte", title="Held-out files, 1 KiB pieces, 128 calls", ylim=(0.5, 4))
    axis.grid(alpha=0.3)
    axis.legend(fontsize=7, ncol=2)
    figure.tight_layout()
    figure.savefig(run / "training.png", dpi=110)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True, type=Path)
    parser.add_argument("--run", required=True, type=Path)
    args = parser.parse_args()
    threads(2)
    trainer = Trainer.restored(args.run / "checkpoint.pt")
    mixing = json.loads((args.run / "mixing.json").read_text())
    start = Parameters.from_json(mixing)
    pieces = validation_pieces(args.data, per_group=PIECES)
    rows = []
    for calls in LADDER:
        groups = {g: float(np.mean([MixingInputs(trainer, p, calls, start.skip, mixing["contexts"]).bits(start.copy(), mixing["rate"]).mean() for p in ps])) for g, ps in pieces.items()}
        rows.append({"calls": calls, "bitsPerByte": round(float(np.mean(list(groups.values()))), 3)})
        print(f"calls {calls:5}  {rows[-1]['bitsPerByte']:.3f}   " + "  ".join(f"{g} {r:.2f}" for g, r in groups.items()), flush=True)
    (args.run / "rate.json").write_text(json.dumps({"rate": rows, "presets": PRESETS}, indent=2))
    plot(args.run)


if __name__ == "__main__":
    main()
