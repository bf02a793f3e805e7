"""What the mixing stage starts a segment with: RUN/checkpoint.pt -> RUN/mixing.json, for export.py --mixing.

    python -m bytes.fit_mixing --data DIR --run DIR [--bytes 3e6] [--skip LENGTH COUNT] [--classes]

Mixing learns while it codes; here it codes many pieces of held-out files one after another, keeping its weights and what it knows of bit
histories and matches (the tables start anew with every piece), and where it ends is where the service begins. Held-out files, because
the network is too sure of those that it was trained on; kinds that the benchmark draws on are left out. With --skip, bytes of which the match
has held for LENGTH and the history seen nothing else COUNT times skip the network, and weights of their own are fitted to them. With --classes
there are weights by the classes of the bytes before, too.
"""
import argparse
import json
from pathlib import Path

import numpy as np

from shared.mixing import CONTEXTS, Parameters

from .mixed_rate import MixingInputs
from .kernels import threads
from .pieces import piece_length
from .trainer import Trainer

# bench:rate measures held-out files of these.
MEASURED = ("prose-docs", "code", "html")
CONFIDENCE = 30
RATES = (8, 12, 18)
SEED = 3


def held_out_pieces(folder, config, total, rng):
    """Pieces of held-out files, kinds and files in turn, of the lengths that are trained on, `total` bytes in all."""
    kinds = [sorted(p for p in kind.rglob("*") if p.is_file()) for kind in sorted((folder / "valid").iterdir()) if kind.name not in MEASURED]
    while total > 0:
        for files in kinds:
            data = np.fromfile(files[rng.integers(len(files))], dtype=np.uint8)
            length = min(len(data), piece_length(config, rng))
            begin = 0 if rng.random() < 0.3 else rng.integers(0, len(data) - length + 1)
            yield data[begin : begin + length].copy()
            total -= length


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True, type=Path)
    parser.add_argument("--run", required=True, type=Path)
    parser.add_argument("--bytes", type=float, default=3e6)
    parser.add_argument("--skip", type=int, nargs=2, metavar=("LENGTH", "COUNT"))
    parser.add_argument("--classes", action="store_true")
    args = parser.parse_args()
    skip = tuple(args.skip) if args.skip else None
    threads(2)
    trainer = Trainer.restored(args.run / "checkpoint.pt")
    if trainer.dense.weight_bits is None:
        print("not trained on the grids yet; rounding", trainer.dense.choose_grids())
    rng = np.random.default_rng(SEED)
    calls, shares = trainer.config["calls"]["values"], trainer.config["calls"]["shares"]
    pieces = [
        MixingInputs(trainer, piece, int(rng.choice(calls, p=shares)), skip)
        for piece in held_out_pieces(args.data, trainer.config, args.bytes, rng)
    ]
    fitted, kept = pieces[: -len(pieces) // 5], pieces[-len(pieces) // 5 :]
    parameters = Parameters(skip=skip, by_class=args.classes)
    for i in rng.permutation(2 * len(fitted)):
        pieces[i % len(fitted)].bits(parameters, 10)
    for i in rng.permutation(len(fitted)):
        pieces[i].bits(parameters, 4)
    start = parameters.start(CONFIDENCE)
    losses = {rate: float(np.mean([p.bits(start.copy(), rate).mean() for p in kept])) for rate in RATES}
    untrained = float(np.mean([p.bits(Parameters(skip=skip, by_class=args.classes), 12).mean() for p in kept]))
    rate = min(losses, key=losses.get)
    print(f"{len(kept)} pieces that nothing was fitted to: {untrained:.4f} bits per byte before, by rate {losses}")
    (args.run / "mixing.json").write_text(json.dumps(start.to_json(CONTEXTS, rate)))


if __name__ == "__main__":
    main()
