"""Pack a folder of training files into one blob with an index, holding out whole files.

    python data.py --source DIR --out DIR

DIR/<group>/... : every first-level folder is a group, with the weight below. One file in 20 (by SHA-1 of its path) is
held out for validation and lands in valid/<group>/, as files, so that any compressor can be run on them; not so if a
file that is trained on has the same bytes (the kernel's documentation holds most pages twice).
"""
import argparse
import hashlib
import json
import shutil
from pathlib import Path

import numpy as np

# Share of the training bytes by group. dict/gcide quotes the public test texts, so it is left out altogether.
WEIGHTS = {
    "books-gutenberg": 0.15,
    "books-gutenberg-novels": 0.13,
    "prose-docs": 0.15,
    "code": 0.17,
    "html": 0.13,
    "multilang": 0.12,
    "json-csv": 0.09,
    "json-iso-codes": 0.02,
    "xml-iso-codes": 0.02,
    "dict": 0.02,
}
LEFT_OUT = ("dict/gcide",)
HOLD_OUT_ONE_IN = 20


def held_out(name):
    return int.from_bytes(hashlib.sha1(name.encode()).digest()[:4], "big") % HOLD_OUT_ONE_IN == 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--source", required=True, type=Path)
    parser.add_argument("--out", required=True, type=Path)
    args = parser.parse_args()
    shutil.rmtree(args.out, ignore_errors=True)
    args.out.mkdir(parents=True)
    groups = sorted(g for g in WEIGHTS if (args.source / g).is_dir())
    missing = sorted(set(WEIGHTS) - set(groups))
    if missing:
        print(f"groups not found, left out: {', '.join(missing)}")
    index, total, digest = [], 0, hashlib.sha256()
    trained, held = set(), []
    with open(args.out / "train.bin", "wb") as blob:
        for g, group in enumerate(groups):
            kept = 0
            for path in sorted(p for p in (args.source / group).rglob("*") if p.is_file()):
                name = str(path.relative_to(args.source))
                if name.startswith(LEFT_OUT) or path.stat().st_size < 64:
                    continue
                data = path.read_bytes()
                if held_out(name):
                    held.append((name, path))
                    continue
                trained.add(hashlib.sha1(data).digest())
                blob.write(data)
                digest.update(data)
                index.append((total, len(data), g))
                total += len(data)
                kept += len(data)
            print(f"{group:24} {kept / 1e6:8.1f} MB to train on")
    np.save(args.out / "train.index.npy", np.array(index, dtype=np.int64))
    (args.out / "groups.json").write_text(
        json.dumps({"groups": groups, "weights": [WEIGHTS[g] for g in groups], "sha256": digest.hexdigest()}, indent=2)
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
