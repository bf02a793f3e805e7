"""Fixtures for the twin in TypeScript: tiny pictures, and every integer on the way from their samples to frequencies.

    fixture.py --run DIR --out FILE.json

Pictures are made by a generator, so the file owes nothing to anyone. Per call: spacing, kind, cut, positions; per row of each plane: SHA-256 of the
rows, and in full for the first rows; bases, activities, outputs, intervals [start, size] in coding order.
"""
import argparse
import hashlib
import json
from pathlib import Path

import numpy as np

from coding import planes_of
from evaluate import load
from lattice import RGB, cut_at, rows_of, steps
from logistics import INVERSE_SCALES, LOGISTIC, LOGIT_WEIGHTS, intervals
from network import exact

FULL_ROWS = 2  # of a call


def pictures():
    """(name, uint8 [height, width, channels], cuts): smooth, noisy, flat and extreme ones, of odd sizes."""
    rng = np.random.default_rng(1014)
    y, x = np.mgrid[0:9, 0:7]
    smooth = np.stack([20 * y + 9 * x, 255 - 17 * y - 6 * x, 8 * y + 25 * x], 2) % 256
    noisy = np.clip(smooth + rng.integers(-12, 13, smooth.shape), 0, 255)
    alpha = np.where((y - 4) ** 2 + (x - 3) ** 2 < 9, 255, np.where(y > 6, 128, 0))
    return [
        ("one pixel", np.array([[[7, 200, 31]]]), (1, 1)),
        ("row", rng.integers(0, 256, (1, 5, 1)), (1, 1)),
        ("column", noisy[:, :1], (1, 1)),
        ("smooth", smooth, (1, 1)),
        ("noisy, cut", noisy, (2, 4)),
        ("noisy, cut by level", noisy[:8, :6], ([4, 1], [2, 1])),
        ("grey", noisy[..., 1:2], (1, 2)),
        ("colour and alpha", np.concatenate([noisy, alpha[..., None]], 2), (1, 1)),
        ("flat", np.full((6, 6, 3), 255), (1, 1)),
        ("extremes", rng.choice([0, 255], (6, 5, 3)), (1, 1)),
    ]


def plane_of_call(layers, samples, plane, s, kind, cut, ys, xs):
    rows, base, activity = rows_of(samples, s, kind, cut, ys, xs, plane)
    outputs = exact(layers, rows)
    coded = []
    starts, sizes = np.empty(3, np.int64), np.empty(3, np.int64)
    for i in range(len(rows)):
        values = samples[ys[i], xs[i]].astype(np.int64)
        intervals(outputs[i], base[i], activity[i], values, plane != RGB, LOGIT_WEIGHTS, LOGISTIC, INVERSE_SCALES, starts, sizes)
        coded.append([[int(starts[c]), int(sizes[c])] for c in range(3 if plane == RGB else 1)])
    return {
        "plane": ["rgb", "grey", "alpha"][plane],
        "rowsDigest": hashlib.sha256(rows.tobytes()).hexdigest(), "rows": rows[:FULL_ROWS].tolist(),
        "base": base.tolist(), "activity": activity.tolist(),
        "outputsDigest": hashlib.sha256(outputs.astype("<i2").tobytes()).hexdigest(), "outputs": outputs[:FULL_ROWS].tolist(),
        "intervals": coded,
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--run", required=True, type=Path)
    parser.add_argument("--out", required=True, type=Path)
    args = parser.parse_args()
    networks = load(args.run)
    fixtures = []
    for name, pixels, cuts in pictures():
        pixels = pixels.astype(np.uint8)
        calls = []
        for s, kind, ys, xs in steps(*pixels.shape[:2], cuts):
            cut = cut_at(cuts[kind], s.bit_length() - 1)
            planes = [plane_of_call(networks[kind], np.ascontiguousarray(p), plane, s, kind, cut, ys, xs) for plane, p in planes_of(pixels)]
            calls.append({"spacing": s, "kind": ["centres", "quincunx"][kind], "cut": cut, "y": ys.tolist(), "x": xs.tolist(), "planes": planes})
        height, width, channels = pixels.shape
        fixtures.append({"name": name, "height": height, "width": width, "channels": channels, "samples": pixels.reshape(-1).tolist(), "calls": calls})
    args.out.parent.mkdir(parents=True, exist_ok=True)
    args.out.write_text("[\n" + ",\n".join(json.dumps(f) for f in fixtures) + "\n]\n")
    print(args.out.stat().st_size, "bytes")


if __name__ == "__main__":
    main()
