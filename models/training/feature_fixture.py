"""Write test/fixtures/features.json: inputs, and what features.py makes of them, for the twin in TypeScript to repeat.

    python feature_fixture.py > ../../test/fixtures/features.json
"""
import base64
import hashlib
import json

import numpy as np

from features import CONTEXTS, segment_rows

BITS = np.array([16, 17, 18, 19, 19, 18, 17, 18, 18, 16, 14, 16, 14, 13, 13, 15, 15, 15, 15, 15, 16, 17, 16, 15, 16], dtype=np.int64)
OFFSETS = np.concatenate([[0], np.cumsum(1 << BITS)[:-1]]).astype(np.int64)


def inputs():
    rng = np.random.default_rng(11)
    words = "the order of positions is a schedule and every call reveals more of the block Über naïve 漢字".split()
    prose = " ".join(rng.choice(words, 900)).replace("block ", "block.\n\n")
    rows = [f'{{"id": {i}, "name": "user-{int(rng.integers(40))}", "ok": {str(bool(i % 3)).lower()}, "t": {int(rng.integers(1e9))}}}\n' for i in range(60)]
    table = "".join(f"{i:4d},{int(rng.integers(100)):3d},{'xyz'[i % 3]}\n" for i in range(200))
    yield "prose", prose.encode()
    yield "records", "".join(rows).encode()
    yield "table", table.encode()
    yield "bytes", rng.integers(0, 256, 1500, dtype=np.uint8).tobytes()
    yield "zeros", bytes(2100)
    yield "one", b"a"


def main():
    cases = []
    for name, data in inputs():
        s = np.frombuffer(data, dtype=np.uint8)
        for order, calls, group in [(0, 1, 0), (0, 16, 0), (0, 86, 0), (0, 128, 0), (0, 1024, 0), (1, 0, 1), (1, 0, 8), (1, 0, 100)]:
            out = np.zeros((len(s), len(CONTEXTS)), dtype=np.int32)
            segment_rows(s, calls, order, group, BITS, OFFSETS, out)
            cases.append({
                "input": name, "order": "random" if order else "interleaved", "calls": calls, "group": group,
                "sha256": hashlib.sha256(out.astype("<i4").tobytes()).hexdigest(), "lastRow": out[-1].tolist(),
            })
    print(json.dumps({
        "columns": [{"context": c, "bits": int(b), "offset": int(o)} for c, b, o in zip(CONTEXTS, BITS, OFFSETS)],
        "inputs": {n: base64.b64encode(d).decode() for n, d in inputs()},
        "cases": cases,
    }))


if __name__ == "__main__":
    main()
