"""Rate against multiply-adds of finished runs: a table and a plot, for the card.

    python -m bytes.widths RUN... --out widths.png

Each RUN's log ends with the rate of held-out pieces of 1 KiB at 128 calls by kind; the mean is of the kinds that all runs have. Runs that
read as many bytes are joined by a line.
"""
import argparse
import json
from pathlib import Path

from .grids import WIDTH


def multiply_adds(config):
    widths = [len(config["columns"]) * WIDTH, *config["hidden"], 256]
    return sum(a * b for a, b in zip(widths, widths[1:]))


def finished(run):
    """(config, MB read, {kind: bits per byte at 128 calls})"""
    last = json.loads((run / "log.jsonl").read_text().splitlines()[-1])
    rates = {key.split("@")[0]: rate for key, rate in last["valid"].items() if key.endswith("@128")}
    return json.loads((run / "config.json").read_text()), last["bytes"] / 1e6, rates


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runs", nargs="+", type=Path)
    parser.add_argument("--out", required=True, type=Path)
    args = parser.parse_args()
    runs = [finished(run) for run in args.runs]
    kinds = set.intersection(*(set(rates) for _, _, rates in runs))
    points = sorted((round(megabytes), multiply_adds(config), config, sum(rates[k] for k in kinds) / len(kinds)) for config, megabytes, rates in runs)
    print("| dense part | multiply-adds | read | bits per byte |\n| --- | --- | --- | --- |")
    for megabytes, work, config, rate in points:
        name = "-".join(map(str, [len(config["columns"]) * WIDTH, *config["hidden"], 256]))
        print(f"| {name}{', taught' if 'teacher' in config else ''} | {work / 1000:.0f} K | {megabytes} MB | {rate:.4f} |")
    plot(args.out, points)


def plot(path, points):
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, axis = plt.subplots(figsize=(7, 4.2))
    for read in sorted({p[0] for p in points}):
        some = [p for p in points if p[0] == read]
        axis.plot([p[1] / 1000 for p in some], [p[3] for p in some], "o-", label=f"{read} MB read")
    axis.set(xlabel="thousand multiply-adds a byte", ylabel="bits per byte", title="Held-out pieces of 1 KiB, 128 calls, network alone")
    axis.grid(alpha=0.3)
    axis.legend(fontsize=8)
    figure.tight_layout()
    figure.savefig(path, dpi=110)


if __name__ == "__main__":
    main()
