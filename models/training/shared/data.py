"""Pack folders of training files into one blob with an index, holding out whole files.

    python -m shared.data --source DIR --gathered DIR --out DIR

DIR/<group>/... : every first-level folder is a group, with the weight below. Of --source, one file in 20 (by SHA-1 of its path) is held out
for validation; of --gathered (gather/), whose groups are DIR/<group>/<origin>/..., one origin in 20, so that no sibling of a held-out
file is trained on. They land in valid/<group>/, as files, so that any compressor can be run on them; not so if a file that is trained on
has the same bytes (the kernel's documentation holds most pages twice).
"""
import argparse
import hashlib
import json
import shutil
from pathlib import Path

import numpy as np

# Share of the training bytes by group. dict/gcide quotes the public test texts, so it is left out altogether.
WEIGHTS = {
    "books-gutenberg": 0.12,
    "books-gutenberg-novels": 0.10,
    "prose-docs": 0.10,
    "code": 0.09,
    "html": 0.08,
    "multilang": 0.07,
    "json-csv": 0.03,
    "json-iso-codes": 0.005,
    "xml-iso-codes": 0.005,
    "dict": 0.01,
}
GATHERED_WEIGHTS = {
    "json": 0.07,
    "records": 0.06,
    "config": 0.03,
    "logs": 0.08,
    "csv": 0.07,
    "sql-xml": 0.02,
    "code": 0.04,
    "languages": 0.05,
}
LEFT_OUT = ("dict/gcide",)
HOLD_OUT_ONE_IN = 20


def held_out(name):
    return int.from_bytes(hashlib.sha1(name.encode()).digest()[:4], "big") % HOLD_OUT_ONE_IN == 0


def files_of(folder, weights, prefix, split_by):
    """Yields (group, name, path, held out) of every file; `split_by` gives of a name what is hashed to decide."""
    missing = sorted(g for g in weights if not (folder / g).is_dir())
    if missing:
        print(f"groups not found, left out: {', '.join(missing)}")
    for group in sorted(set(weights) - set(missing)):
        for path in sorted(p for p in (folder / group).rglob("*") if p.is_file()):
            name = str(path.relative_to(folder))
            if not name.startswith(LEFT_OUT) and path.stat().st_size >= 64:
                yield prefix + group, prefix + name, path, held_out(split_by(name))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--source", required=True, type=Path)
    parser.add_argument("--gathered", type=Path)
    parser.add_argument("--out", required=True, type=Path)
    args = parser.parse_args()
    shutil.rmtree(args.out, ignore_errors=True)
    args.out.mkdir(parents=True)
    weights = dict(WEIGHTS)
    files = list(files_of(args.source, WEIGHTS, "", lambda name: name))
    if args.gathered:
        weights |= {f"gathered-{group}": weight for group, weight in GATHERED_WEIGHTS.items()}
        files += files_of(args.gathered, GATHERED_WEIGHTS, "gathered-", lambda name: "/".join(name.split("/")[:2]))
    groups = sorted({group for group, _, _, _ in files})
    index, total, digest = [], 0, hashlib.sha256()
    trained, held = set(), []
    with open(args.out / "train.bin", "wb") as blob:
        for group, name, path, hold in files:
            if hold:
                held.append((name, path))
                continue
            data = path.read_bytes()
            known = hashlib.sha1(data).digest()
            if known in trained:
                continue
            trained.add(known)
            blob.write(data)
            digest.update(data)
            index.append((total, len(data), groups.index(group)))
            total += len(data)
    sizes = np.array(index, dtype=np.int64)
    for g, group in enumerate(groups):
        print(f"{group:24} {sizes[sizes[:, 2] == g, 1].sum() / 1e6:8.1f} MB to train on")
    np.save(args.out / "train.index.npy", sizes)
    (args.out / "groups.json").write_text(
        json.dumps({"groups": groups, "weights": [weights[g] for g in groups], "sha256": digest.hexdigest()}, indent=2)
    )
    kept = [(name, path) for name, path in held if hashlib.sha1(path.read_bytes()).digest() not in trained]
    for name, path in kept:
        target = args.out / "valid" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)
    size = sum(path.stat().st_size for _, path in kept)
    print(
        f"{total / 1e6:.1f} MB in {len(index)} files to train on, {size / 1e6:.1f} MB in {len(kept)} files held out; "
        f"{len(held) - len(kept)} dropped, as their bytes are trained on"
    )


if __name__ == "__main__":
    main()
