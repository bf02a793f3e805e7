"""Drop gathered files that share content with the public test set.

    python leaks.py --gathered DIR --test DIR [--drop]

A file leaks if it holds three or more distinct lines (40 bytes or longer without the space around them) of test files, or
three or more distinct 64-byte windows of them (every 64th byte of each test file starts one; windows of few different
bytes, as in ruled lines, do not count). Reports to DIR/leaks.txt. Needs numpy.
"""
import argparse
from pathlib import Path

import numpy as np

LINE, WINDOW, SEVERAL, VARIETY = 40, 64, 3, 14
PRIME = 0x9E3779B97F4A7C15 | 1
INVERSE = pow(PRIME, -1, 1 << 64)


def powers(base, count):
    """1, base, base^2, ... modulo 2^64."""
    out = np.full(count, base, dtype=np.uint64)
    out[0] = 1
    return np.multiply.accumulate(out, dtype=np.uint64)


LONGEST = 4_000_000
UP, DOWN = powers(PRIME, LONGEST + WINDOW), powers(INVERSE, LONGEST + WINDOW)


def windows(data, step=1):
    """A hash of each window of 64 bytes, by prefix sums, so that all offsets cost one pass."""
    values = np.frombuffer(data[:LONGEST], dtype=np.uint8)
    if len(values) < WINDOW:
        return np.zeros(0, dtype=np.uint64)
    sums = np.zeros(len(values) + 1, dtype=np.uint64)
    np.cumsum((values.astype(np.uint64) + np.uint64(1)) * UP[: len(values)], out=sums[1:], dtype=np.uint64)
    start = np.arange(0, len(values) - WINDOW + 1, step)
    return (sums[start + WINDOW] - sums[start]) * DOWN[start]


def lines(data):
    return {line.strip() for line in data.splitlines() if len(line.strip()) >= LINE}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--gathered", required=True, type=Path)
    parser.add_argument("--test", required=True, type=Path)
    parser.add_argument("--drop", action="store_true")
    args = parser.parse_args()
    test_lines, test_windows = set(), []
    for path in sorted(p for p in args.test.rglob("*") if p.is_file()):
        data = path.read_bytes()
        test_lines |= {line for line in lines(data) if len(set(line)) >= VARIETY}
        for at in range(0, len(data), LONGEST):
            part = data[at : at + LONGEST]
            # Only windows with enough different bytes: sort each window and count the changes.
            whole = np.frombuffer(part[: len(part) // WINDOW * WINDOW], dtype=np.uint8).reshape(-1, WINDOW)
            varied = (np.diff(np.sort(whole, axis=1), axis=1) != 0).sum(axis=1) + 1 >= VARIETY
            test_windows.append(windows(part, WINDOW)[: len(whole)][varied])
    known = np.unique(np.concatenate(test_windows))
    top = np.zeros(1 << 24, dtype=bool)  # most offsets are turned away by the hash's top bits
    top[(known >> np.uint64(40)).astype(np.int64)] = True
    print(f"{len(test_lines)} lines and {len(known)} windows of the test set")
    checked, dropped, report = 0, 0, []
    for path in sorted(p for p in args.gathered.glob("*/*/*") if p.is_file()):
        data = path.read_bytes()
        checked += 1
        shared_lines = lines(data) & test_lines
        maybe = windows(data)
        maybe = np.unique(maybe[top[(maybe >> np.uint64(40)).astype(np.int64)]])
        shared_windows = (known[np.minimum(np.searchsorted(known, maybe), len(known) - 1)] == maybe).sum()
        if len(shared_lines) < SEVERAL and shared_windows < SEVERAL:
            continue
        dropped += 1
        example = sorted(shared_lines)[0][:100].decode("utf-8", "replace") if shared_lines else ""
        report.append(f"{path.relative_to(args.gathered)}\t{len(shared_lines)} lines\t{shared_windows} windows\t{example}")
        if args.drop:
            path.unlink()
    with open(args.gathered / "leaks.txt", "a") as out:
        out.writelines(line + "\n" for line in report)
    print("\n".join(report))
    print(f"{checked} files checked, {dropped} {'dropped' if args.drop else 'leak'}")


if __name__ == "__main__":
    main()
