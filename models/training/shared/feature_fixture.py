"""Write test/fixtures/features*.json: inputs, and what features/ makes of them, for the twin in TypeScript to repeat.

    python -m shared.feature_fixture

features.json has the contexts that text-1 knows, features-2.json all of them, their values too, and blocks as long as text-2's.
"""
import base64
import hashlib
import json
from pathlib import Path

import numpy as np

from .features.contexts import CLASSES_SLOT, CONTEXTS, SLOT, VALUES
from .features.rows import segment_rows
from .order import BLOCK, LONG_BLOCK

FIXTURES = Path(__file__).parents[3] / "test" / "fixtures"
BITS = np.array([
    16, 17, 18, 19, 19, 18, 17, 18, 18, 16, 14, 16, 14, 13, 13, 15, 15, 15, 15, 15, 16, 17, 16, 15, 16,
    15, 16, 16, 17, 14, 17, 13, 12, 15, 15, 15,
], dtype=np.int64)
OFFSETS = np.concatenate([[0], np.cumsum(1 << BITS)[:-1]]).astype(np.int64)
FIRST_CONTEXTS = 25  # those of text-1
NAMED_VALUES = ["order-1", CONTEXTS[0], "order-2", *CONTEXTS[2:]]


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


def structured_inputs():
    rng = np.random.default_rng(12)

    def pick(*options):
        return options[rng.integers(len(options))]

    def number(digits):
        return int(rng.integers(10 ** int(rng.integers(1, digits + 1))))

    def record(i):
        return {
            "id": i, "tags": [pick("new", "old", "näher") for _ in range(rng.integers(4))], "in": {"x": number(6) / 8, "ok": bool(i % 3)},
            "text": pick("", "a, b: c", "Größe 漢字", 'the "quoted" one'),
        }

    lines = ["id,name;given,amount,note"]
    for i in range(90):
        lines.append(pick(",", ",", ",", ";", "\t", "|").join([str(i), pick('"Roe, Jane"', "Doe", ""), str(number(7)), pick("x" * number(3), "ok", "-1.5e3")]))
    yield "csv", ("\r\n".join(lines) + "\r\n\r\n").encode()
    yield "pretty", json.dumps([record(i) for i in range(16)], indent=2, ensure_ascii=False).encode()
    yield "compact", json.dumps([record(i) for i in range(30)], separators=(",", ":")).encode()
    log = [
        f"2024-0{i % 9 + 1}-{i % 28 + 1:02d} {pick('INFO', 'WARN', 'ERROR')} [{number(3)}] {pick('GET', 'POST')} /v1/{pick('users', 'items')}?page={number(4)}&q={pick('a', 'bc')} {number(5)}ms"
        for i in range(60)
    ]
    yield "log", ("\n".join(log) + "\n").encode()
    code = "def f(x):\n    if x == 1:\n\n        return {'a': x, 'b': [x, 2]}\n    else:\n\tpass\n\n\nclass  Foo_Bar:\n" + " " * 70 + "deep = f(x=1, y=2)\n"
    yield "code", "".join(code.replace("x", pick("x", "value", "n0")).replace("1", str(number(4))) for _ in range(16)).encode()
    yield "long lines", "".join(f"{'ab1' * int(rng.integers(15, 40))},{'é' * number(2)}; {number(9)}\n" for _ in range(30)).encode()
    yield "line feeds", rng.choice(np.array([10, 10, 10, 13, 44, 58, 32, 0, 200, 255, 65, 97, 49], dtype=np.uint8), 2500).tobytes()
    yield "few", b"a,\n\nb"


def digest(array, dtype):
    return hashlib.sha256(array.astype(dtype).tobytes()).hexdigest()


def rows(s, order, calls, group, block, columns):
    """Indices [n, columns] of a segment; the values of NAMED_VALUES; the classes of the three bytes before."""
    out = np.zeros((len(s), columns), dtype=np.int32)
    values = np.zeros((len(s), VALUES), dtype=np.uint32)
    slots = np.arange(columns, dtype=np.int64)
    segment_rows(s, calls, order, group, block, slots, BITS[:columns], OFFSETS[:columns], out, values, np.zeros(0, dtype=np.int64))
    return out, values[:, [SLOT[name] for name in NAMED_VALUES]], values[:, CLASSES_SLOT]


def columns_of(count):
    return [{"context": c, "bits": int(b), "offset": int(o)} for c, b, o in zip(CONTEXTS[:count], BITS, OFFSETS)]


def first_fixture():
    cases = []
    for name, data in inputs():
        s = np.frombuffer(data, dtype=np.uint8)
        for order, calls, group in [(0, 1, 0), (0, 16, 0), (0, 86, 0), (0, 128, 0), (0, 1024, 0), (1, 0, 1), (1, 0, 8), (1, 0, 100)]:
            out, _, _ = rows(s, order, calls, group, BLOCK, FIRST_CONTEXTS)
            cases.append({
                "input": name, "order": "random" if order else "interleaved", "calls": calls, "group": group,
                "sha256": digest(out, "<i4"), "lastRow": out[-1].tolist(),
            })
    return {
        "columns": columns_of(FIRST_CONTEXTS),
        "inputs": {n: base64.b64encode(d).decode() for n, d in inputs()},
        "cases": cases,
    }


def second_fixture():
    """A case's input is `times` copies of the named one; its block has up to `block` positions."""
    cases = []

    def add(name, data, order, calls, group, block, times=1):
        out, values, classes = rows(np.frombuffer(data * times, dtype=np.uint8), order, calls, group, block, len(CONTEXTS))
        cases.append({
            "input": name, "times": times, "order": "random" if order else "interleaved", "calls": calls, "group": group, "block": block,
            "sha256": digest(out, "<i4"), "values": digest(values, "<u4"), "lastValues": values[-1].tolist(), "classes": digest(classes, "<u4"),
        })

    for name, data in structured_inputs():
        for calls in (1, 16, 86, 1024):
            add(name, data, 0, calls, 0, LONG_BLOCK)
        for calls in (3, 128):
            add(name, data, 0, calls, 0, BLOCK)
        add(name, data, 1, 0, 7, BLOCK)
    add("log", dict(structured_inputs())["log"], 0, 128, 0, LONG_BLOCK, 40)
    return {
        "columns": columns_of(len(CONTEXTS)),
        "values": NAMED_VALUES,
        "inputs": {n: base64.b64encode(d).decode() for n, d in structured_inputs()},
        "cases": cases,
    }


def main():
    for name, fixture in (("features", first_fixture()), ("features-2", second_fixture())):
        (FIXTURES / f"{name}.json").write_text(json.dumps(fixture) + "\n")


if __name__ == "__main__":
    main()
