"""Write test/fixtures/mixing.json, mixing-2.json and mixing-3.json: seeds of inputs to the mixing stage, and the probabilities that mixing.py gives for them.

    python -m shared.mixing_fixture

Inputs are drawn from xorshift32 in an order that test/mixing/drawn-case.ts repeats, so the file holds no inputs.
"""
import hashlib
import json
from pathlib import Path

import numpy as np

from .coding import logit_weights
from .mixing import CLASSES, MATCH_SETS, STATES, WEIGHT_LIMIT, Parameters, mixed_bits

FIXTURES = Path(__file__).parents[3] / "test" / "fixtures"
LOGIT_WEIGHTS = {"exponential": logit_weights(16), "one": [65536], "level": [65536] * 2048}
# stride: turn r codes position r * stride mod length. logits: +-swing around 0, and boost for the true byte.
CASES = [
    {"seed": 1, "length": 700, "stride": 1, "contexts": 3, "parameters": "moderate", "rate": 12, "weights": "exponential", "swing": 40, "boost": 60},
    {"seed": 2, "length": 2003, "stride": 64, "contexts": 5, "parameters": "moderate", "rate": 1, "weights": "exponential", "swing": 100, "boost": 0},
    {"seed": 3, "length": 1500, "stride": 7, "contexts": 12, "parameters": "random", "rate": 18, "weights": "exponential", "swing": 30, "boost": 90},
    {"seed": 4, "length": 900, "stride": 11, "contexts": 2, "parameters": "extreme", "rate": 64, "weights": "exponential", "swing": 1023, "boost": 0},
    {"seed": 5, "length": 600, "stride": 1, "contexts": 32, "parameters": "extreme", "rate": 64, "weights": "one", "swing": 1023, "boost": 1023},
    {"seed": 6, "length": 511, "stride": 10, "contexts": 1, "parameters": "random", "rate": 30, "weights": "level", "swing": 5, "boost": 1},
    {"seed": 7, "length": 1, "stride": 1, "contexts": 4, "parameters": "moderate", "rate": 8, "weights": "exponential", "swing": 0, "boost": 0},
    {"seed": 8, "length": 40009, "stride": 313, "contexts": 2, "parameters": "moderate", "rate": 8, "weights": "exponential", "swing": 60, "boost": 20},
]
# The same with bytes that skip the network, a third of them: test/fixtures/mixing-2.json.
SKIPPING = [
    {"seed": 9, "length": 4003, "stride": 11, "contexts": 4, "parameters": "moderate", "rate": 10, "weights": "exponential", "swing": 60, "boost": 60},
    {"seed": 10, "length": 700, "stride": 1, "contexts": 13, "parameters": "random", "rate": 31, "weights": "exponential", "swing": 40, "boost": 10},
    {"seed": 11, "length": 500, "stride": 7, "contexts": 1, "parameters": "extreme", "rate": 64, "weights": "one", "swing": 1023, "boost": 0},
]
# The same with weights by class as well: test/fixtures/mixing-3.json.
BY_CLASS = [
    {"seed": 12, "length": 3001, "stride": 7, "contexts": 10, "parameters": "moderate", "rate": 18, "weights": "exponential", "swing": 60, "boost": 60},
    {"seed": 13, "length": 900, "stride": 1, "contexts": 5, "parameters": "random", "rate": 30, "weights": "exponential", "swing": 40, "boost": 10},
    {"seed": 14, "length": 500, "stride": 11, "contexts": 13, "parameters": "extreme", "rate": 64, "weights": "one", "swing": 1023, "boost": 0},
]
LOGIT_ROWS = 16


class Draws:
    def __init__(self, seed):
        self.state = seed

    def word(self):
        x = self.state
        x ^= (x << 13) & 0xFFFFFFFF
        x ^= x >> 17
        x ^= (x << 5) & 0xFFFFFFFF
        self.state = x
        return x

    def below(self, n):
        return self.word() % n


def drawn_parameters(draws, kind, contexts, mixers=2):
    """Parameters whose weights are about right (moderate), anything (random), or at their limits (extreme)."""

    def several(count, one):
        return [one() for _ in range(count)]

    def probability():
        return draws.below(2) * 4194303 if kind == "extreme" else draws.below(4194304)

    def seen():
        return draws.below(2) * 255 if kind == "extreme" else draws.below(256)

    def weight(middle, spread):
        if kind == "extreme":
            return (draws.below(3) - 1) * WEIGHT_LIMIT
        return draws.below(2 * WEIGHT_LIMIT + 1) - WEIGHT_LIMIT if kind == "random" else middle - spread + draws.below(2 * spread)

    def weights():
        return [weight(50000, 30000), *several(contexts + 2, lambda: weight(6000, 8000))]

    return Parameters.from_json({
        **({"classes": several(8 * CLASSES, weights)} if mixers == 3 else {}),
        "history": several(contexts, lambda: several(STATES, probability)),
        "historySeen": several(contexts, lambda: several(STATES, seen)),
        "match": several(32, probability),
        "matchSeen": several(32, seen),
        "weights": [several(sets, weights) for sets in (256, MATCH_SETS)],
        "final": several(256, lambda: several(mixers, lambda: weight(32768, 12000))),
    })


def drawn_segment(draws, n, contexts):
    """Bytes with repeats, and per position: contexts' values that come again, a match."""
    s, values = np.zeros(n, dtype=np.uint8), np.zeros((n, contexts), dtype=np.uint32)
    expected, match = np.zeros(n, dtype=np.int64), np.zeros(n, dtype=np.int64)
    for p in range(n):
        s[p] = s[p - 1 - draws.below(min(p, 40))] if p > 0 and draws.below(8) > 1 else draws.below(256)
        for c in range(contexts):
            before = int(s[p - 1 - c]) if p > c else 256
            # Values near 2**32, to which adding a node wraps around.
            values[p, c] = 0xFFFFFFFF - before if draws.below(16) == 0 else before * 0x00FFFFF1 + c
        values[p, contexts - 1] ^= draws.below(4) << 9
        known = draws.below(4)
        expected[p] = -1 if known == 0 else draws.below(256) if known == 1 else s[p]
        match[p] = draws.below(32)
    return s, values, expected, match


def result(case, skipping=False, by_class=False):
    draws, n = Draws(case["seed"]), case["length"]
    mixers = 3 if by_class else 2
    parameters = drawn_parameters(draws, case["parameters"], case["contexts"], mixers)
    if skipping:
        own = drawn_parameters(draws, case["parameters"], case["contexts"], mixers)
        parameters.weights = [np.concatenate(both) for both in zip(parameters.weights, own.weights)]
        parameters.final = np.concatenate([parameters.final, own.final])
        parameters.skip = (32, 1)
    s, values, expected, match = drawn_segment(draws, n, case["contexts"])
    skips = np.array([skipping and draws.below(3) == 0 for _ in range(n)])
    # What is certain comes, and after matches of one kind: then errors get small.
    certain = skips & (expected >= 0)
    s, match = np.where(certain, expected, s).astype(np.uint8), np.where(certain, 9, match)
    classes = np.array([draws.below(CLASSES - 1) if by_class else 0 for _ in range(n)], dtype=np.int64)
    rows = np.array([[draws.below(2 * case["swing"] + 1) - case["swing"] for _ in range(256)] for _ in range(LOGIT_ROWS)], dtype=np.int64)
    turns = np.arange(n, dtype=np.int64) * case["stride"] % n
    logits = rows[np.arange(n) % LOGIT_ROWS]
    logits[np.arange(n), s[turns]] += case["boost"]
    logits = np.minimum(logits, 1023)
    weights = np.array(LOGIT_WEIGHTS[case["weights"]], dtype=np.int64)
    bits, probabilities = mixed_bits(s, turns, logits, weights, values, expected, match, parameters, case["rate"], skips, classes, with_probabilities=True)
    print(f"{bits.mean():.3f} bits per byte; probabilities {probabilities.min()}..{probabilities.max()}")
    return {
        **case,
        "sha256": hashlib.sha256(probabilities.astype("<u2").tobytes()).hexdigest(),
        "firstCoded": probabilities[turns[0]].tolist(),
        "lastCoded": probabilities[turns[-1]].tolist(),
    }


def main():
    fixture = {
        "logitWeights": {name: weights for name, weights in LOGIT_WEIGHTS.items()},
        "cases": [result(case) for case in CASES],
    }
    (FIXTURES / "mixing.json").write_text(json.dumps(fixture) + "\n")
    (FIXTURES / "mixing-2.json").write_text(json.dumps({"cases": [result(case, skipping=True) for case in SKIPPING]}) + "\n")
    (FIXTURES / "mixing-3.json").write_text(json.dumps({"cases": [result(case, skipping=True, by_class=True) for case in BY_CLASS]}) + "\n")


if __name__ == "__main__":
    main()
