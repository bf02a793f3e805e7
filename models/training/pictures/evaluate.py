"""Measure a trained run in exact integers: bits a sample of the network alone, beside cjxl and cwebp.

    evaluate.py --run DIR --sets DIR [--peers] [--quick] [--out rate.json]

DIR holds cid22/test, photos/kodak and cifar10/test_batch.first1017.bin. Nothing here chooses anything: sets that only test.
"""
import argparse
import json
import subprocess
import tempfile
import time
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from byte_products import ByteNetwork
from coding import picture_cost, row_costs
from data import cifar_batch, rgb
from lattice import RGB, cut_at, rows_of, steps
from network import Network, threads

CUTS = {"1-1": (1, 1), "1-2": (1, 2), "2-2": (2, 2), "1-4": (1, 4), "2-4": (2, 4), "4-4": (4, 4)}


def load(run):
    """The integer layers of both networks of a run's checkpoint."""
    state = torch.load(Path(run) / "checkpoint.pt")
    layers = []
    for parameters in state["parameters"]:
        network = Network(state["config"]["hidden"], state["config"]["shifts"], 0)
        for mine, saved in zip(network.parameters, parameters):
            mine.copy_(saved)
        layers.append(network.integers())
    return layers


def centre(pixels, side):
    y, x = (pixels.shape[0] - side) // 2, (pixels.shape[1] - side) // 2
    return pixels[y : y + side, x : x + side]


def photo_sets(folder, quick):
    cid = [rgb(p) for p in sorted((folder / "cid22" / "test").glob("*.webp"))]
    kodak = [rgb(p) for p in sorted((folder / "photos" / "kodak").glob("*.png"))]
    sets = {"cid22 24 crops 256x256": [centre(p, 256) for p in cid[:24]], "kodak 24 crops 256x256": [centre(p, 256) for p in kodak]}
    if not quick:
        sets["cid22 41 x 512x512"] = cid
        sets["kodak 24 x 768x512"] = kodak
    if not all(sets.values()):
        raise SystemExit(f"{folder} does not hold all sets")
    return sets


def measure(networks, pictures, cuts=(1, 1)):
    """Bits a sample over all pictures; calls of the first."""
    results = [picture_cost(networks, p, cuts) for p in pictures]
    return sum(r[0] for r in results) / sum(p.size for p in pictures), results[0][1]


def small_pictures(networks, pictures, cuts=(1, 1)):
    """As `measure` for many pictures of one size uint8 [n, h, w, 3], all of their rows of a step together: (bits by picture, calls)."""
    n, h, w, _ = pictures.shape
    bits, calls = np.full(n, 24.0), 0
    for s, kind, ys, xs in steps(h, w, cuts):
        calls += 1
        parts = [rows_of(p, s, kind, cut_at(cuts[kind], s.bit_length() - 1), ys, xs) for p in pictures]
        rows, base, activity = (np.concatenate([part[i] for part in parts]) for i in range(3))
        values = pictures[:, ys, xs].reshape(-1, 3)
        bits += row_costs(networks[kind], rows, base, activity, values, False).sum(1).reshape(n, -1).sum(1)
    return bits, calls


def peers(pictures):
    """Bits a sample of whole files."""
    commands = {"cjxl -d 0 -e 7": "cjxl {0} {1}.jxl -d 0 -e 7 --num_threads=0", "cjxl -d 0 -e 9": "cjxl {0} {1}.jxl -d 0 -e 9 --num_threads=0",
                "cwebp -lossless -exact -z 9": "cwebp -quiet -lossless -exact -z 9 {0} -o {1}.webp"}
    sizes = dict.fromkeys(commands, 0)
    with tempfile.TemporaryDirectory() as folder:
        for pixels in pictures:
            png = Path(folder) / "in.png"
            Image.fromarray(pixels).save(png)
            for name, command in commands.items():
                out = Path(folder) / "out"
                subprocess.run(command.format(png, out).split(), check=True, capture_output=True)
                made = out.with_suffix(".webp" if "webp" in command else ".jxl")
                sizes[name] += made.stat().st_size
                made.unlink()
    samples = sum(p.size for p in pictures)
    return {name: round(8 * size / samples, 4) for name, size in sizes.items()}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--run", type=Path)
    parser.add_argument("--sets", required=True, type=Path)
    parser.add_argument("--peers", action="store_true")
    parser.add_argument("--quick", action="store_true", help="crops and a tenth of CIFAR-10 only")
    parser.add_argument("--out", type=Path)
    args = parser.parse_args()
    threads(1)
    result = {}
    sets = photo_sets(args.sets, args.quick)
    cifar = cifar_batch(args.sets / "cifar10" / "test_batch.first1017.bin")
    if args.peers:
        for name, pictures in {**sets, "cifar-10 first 1,017": list(cifar)}.items():
            result.setdefault(name, {})["peers"] = peers(pictures)
            print(name, result[name]["peers"], flush=True)
    if args.run:
        networks = [ByteNetwork(layers) for layers in load(args.run)]
        for name, pictures in sets.items():
            for cut in ("1-1",) if args.quick or "512" in name else ("1-1", "1-2", "2-4"):
                begun = time.time()
                rate, calls = measure(networks, pictures, CUTS[cut])
                result.setdefault(name, {})[f"network, {calls} calls"] = round(rate, 4)
                print(f"{name:26} cuts {cut}: {rate:.4f} bits a sample, {calls} calls, {time.time() - begun:.0f} s", flush=True)
        few = cifar[:100] if args.quick else cifar
        for cut in ("1-1", "1-2", "2-4") if args.quick else CUTS:
            bits, calls = small_pictures(networks, few, CUTS[cut])
            result.setdefault("cifar-10 first 1,017", {})[f"network, {calls} calls"] = round(float(bits.sum()) / few.size, 4)
            print(f"{'cifar-10 ' + str(len(few)):26} cuts {cut}: {bits.sum() / few.size:.4f} bits a sample, {calls} calls", flush=True)
    if args.out:
        args.out.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
