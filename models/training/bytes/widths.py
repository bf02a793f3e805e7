"""Rate against multiply-adds of finished runs: a table and a plot, for the card.

    python -m bytes.widths RUN... --out widths.png
    python -m bytes.widths --points bytes/widths.json --out widths.png

Each RUN's log ends with the rate of held-out pieces of 1 KiB at 128 calls by kind; the mean is of the kinds that all runs have. --points: runs that are
gone, as they were measured. Runs that read as many bytes, all taught or none, are joined by a line.
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


def points_of(runs):
    """[{name, multiplyAdds, megabytes, taught, bits}] of finished runs."""
    found = [finished(run) for run in runs]
    kinds = set.intersection(*(set(rates) for _, _, rates in found))
    return [
        {"name": "-".join(map(str, [len(config["columns"]) * WIDTH, *config["hidden"], 256])), "multiplyAdds": multiply_adds(config),
         "megabytes": round(megabytes), "taught": "teachers" in config, "bits": sum(rates[k] for k in kinds) / len(kinds)}
        for config, megabytes, rates in found
    ]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runs", nargs="*", type=Path)
    parser.add_argument("--points", type=Path)
    parser.add_argument("--out", required=True, type=Path)
    args = parser.parse_args()
    points = json.loads(args.points.read_text()) if args.points else []
    points = sorted([*points, *(points_of(args.runs) if args.runs else [])], key=lambda p: (p["megabytes"], p["multiplyAdds"]))
    print("| dense part | multiply-adds | read | bits per byte |\n| --- | --- | --- | --- |")
    for p in points:
        print(f"| {p['name']}{', taught' if p['taught'] else ''} | {p['multiplyAdds'] / 1000:.0f} K | {p['megabytes']} MB | {p['bits']:.4f} |")
    plot(args.out, points)


def plot(path, points):
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, axis = plt.subplots(figsize=(7, 4.2))
    for megabytes, taught in sorted({(p["megabytes"], p["taught"]) for p in points}):
        some = [p for p in points if (p["megabytes"], p["taught"]) == (megabytes, taught)]
        label = f"{megabytes} MB read{', taught by text-2' if taught else ''}"
        axis.plot([p["multiplyAdds"] / 1000 for p in some], [p["bits"] for p in some], "o-", label=label)
        for p in some:
            axis.annotate(p["name"], (p["multiplyAdds"] / 1000, p["bits"]), (4, 4), textcoords="offset points", fontsize=6.5)
    axis.set(xlabel="thousand multiply-adds a byte", ylabel="bits per byte", title="Held-out pieces of 1 KiB, 128 calls, network alone")
    axis.grid(alpha=0.3)
    axis.margins(x=0.2)
    axis.legend(fontsize=8, loc="upper right")
    figure.tight_layout()
    figure.savefig(path, dpi=110)


if __name__ == "__main__":
    main()
