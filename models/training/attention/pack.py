"""A data pack: one file of at most --limit-mib, drawn from the training blob by the weights of its groups, to carry to
another machine; and its reader.

    python -m attention.pack --data .work/data --out .work/pack.bin [--limit-mib 60]

--data is what shared/data.py wrote. Pieces of up to 64 KiB are drawn without putting back; a group that runs out leaves its
share to the others. Pieces of the held-out files come along for validation.

File: a line of JSON (groups, weights, pieces as [length, group], held-out pieces as [length, group], shard sizes), a line
feed, then shards, each an xz stream; joined they are the pieces, then the held-out ones.
"""
import argparse
import json
import lzma
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

PIECE = 1 << 16
SHARD = 4 << 20
MIB = 1 << 20
HELD_OUT_PIECES, HELD_OUT_LENGTH = 40, 2048


class Pack:
    """blob uint8 [n]; index int64 [pieces, 3] of start, length, group; groups; weights; valid {group: [uint8 pieces]}."""

    def __init__(self, path):
        with open(path, "rb") as f:
            head = json.loads(f.readline())
            shards = [f.read(size) for size in head["shards"]]
        with ThreadPoolExecutor() as pool:
            self.blob = np.frombuffer(b"".join(pool.map(lzma.decompress, shards)), np.uint8)
        pieces = np.array(head["pieces"] + head["heldOut"], np.int64)
        starts = np.concatenate([[0], np.cumsum(pieces[:, 0])[:-1]])
        every = np.column_stack([starts, pieces])
        self.groups, self.weights = head["groups"], np.array(head["weights"])
        self.index = every[: len(head["pieces"])]
        self.valid = {}
        for start, length, group in every[len(head["pieces"]) :]:
            self.valid.setdefault(self.groups[group], []).append(self.blob[start : start + length])


def draw(index, weights, seed):
    """Yields (start, length, group) of pieces of the blob, in random order, groups in proportion to their weights."""
    rng = np.random.default_rng(seed)
    queues = []
    for group in range(len(weights)):
        pieces = [(s + at, min(PIECE, size - at), group) for s, size, g in index if g == group for at in range(0, size, PIECE)]
        queues.append([pieces[i] for i in rng.permutation(len(pieces))])
    given, weights = np.zeros(len(weights)), np.array(weights, float)
    while any(queues):
        share = np.where([bool(q) for q in queues], given / weights, np.inf)
        group = int(share.argmin())
        piece = queues[group].pop()
        given[group] += piece[1]
        yield piece


def held_out(folder, groups, seed):
    """[(group, uint8 [<= 2048])]: evenly drawn pieces of the held-out files."""
    rng, pieces = np.random.default_rng(seed), []
    for g, group in enumerate(groups):
        files = sorted(p for p in (folder / "valid" / group).rglob("*") if p.is_file())
        data = np.frombuffer(b"".join(p.read_bytes() for p in files), np.uint8)
        if len(data) > HELD_OUT_LENGTH:
            pieces += [(g, data[a : a + HELD_OUT_LENGTH]) for a in rng.integers(0, len(data) - HELD_OUT_LENGTH, HELD_OUT_PIECES)]
    return pieces


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True, type=Path)
    parser.add_argument("--out", required=True, type=Path)
    parser.add_argument("--limit-mib", type=float, default=60)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    blob = np.memmap(args.data / "train.bin", np.uint8, "r")
    groups = json.loads((args.data / "groups.json").read_text())
    valid = held_out(args.data, groups["groups"], 7)
    shards, pieces, waiting = [lzma.compress(b"".join(p.tobytes() for _, p in valid))], [], []
    budget = args.limit_mib * MIB - 64 * 1024  # for the line of JSON
    size, full = len(shards[0]), False

    def close_shard():
        nonlocal size, full
        shard = lzma.compress(b"".join(blob[s : s + n].tobytes() for s, n, _ in waiting))
        cost = size + len(shard) + 24 * (len(pieces) + len(waiting))
        full = cost > budget
        if not full:
            shards.insert(-1, shard)
            pieces.extend([int(n), g] for _, n, g in waiting)
            size += len(shard)
        waiting.clear()

    for piece in draw(np.load(args.data / "train.index.npy"), groups["weights"], args.seed):
        waiting.append(piece)
        if sum(n for _, n, _ in waiting) >= SHARD:
            close_shard()
            if full:
                break
    if waiting:
        close_shard()
    head = {
        "groups": groups["groups"], "weights": groups["weights"], "pieces": pieces,
        "heldOut": [[len(p), g] for g, p in valid], "shards": [len(s) for s in shards],
    }
    args.out.write_bytes(json.dumps(head, separators=(",", ":")).encode() + b"\n" + b"".join(shards))
    drawn = sum(n for n, _ in pieces)
    for g, group in enumerate(groups["groups"]):
        print(f"{group:24} {sum(n for n, h in pieces if h == g) / drawn:6.1%}  (weight {groups['weights'][g]:.0%})")
    print(f"{args.out}: {args.out.stat().st_size / MIB:.1f} MiB for {drawn / 1e6:.1f} MB of text")


if __name__ == "__main__":
    main()
