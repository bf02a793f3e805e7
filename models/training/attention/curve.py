"""RUN/curve.png from RUN/log.jsonl: training loss and held-out rates against bytes read."""
import json
import sys
from pathlib import Path


def plot(run):
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    lines = [json.loads(line) for line in open(run / "log.jsonl")]
    trained, held = [line for line in lines if "loss" in line], [line for line in lines if "valid" in line]
    if not trained:
        return
    figure, axis = plt.subplots(figsize=(8, 4.5))
    for quantised, colour, label in ((False, "0.6", "training, in float"), (True, "tab:orange", "training, on the grids")):
        part = [line for line in trained if line["quantised"] == quantised]
        axis.plot([line["bytes"] / 1e6 for line in part], [line["loss"] for line in part], lw=0.7, color=colour, label=label)
    for key in held[-1]["valid"] if held else ():
        axis.plot([line["bytes"] / 1e6 for line in held], [line["valid"][key]["mean"] for line in held], marker=".", label=f"held out, {key} calls")
    axis.set(xlabel="bytes read (MB)", ylabel="bits per byte", title="Held out: 1 KiB pieces, mean over the kinds of text")
    axis.grid(alpha=0.3)
    axis.legend(fontsize=7)
    figure.tight_layout()
    figure.savefig(run / "curve.png", dpi=110)


if __name__ == "__main__":
    plot(Path(sys.argv[1]))
