"""Whole numbers from a checkpoint, full or slim: RUN/weights.npz, the input of export.py.

    python -m attention.quantise CHECKPOINT --out .work/text-l/weights.npz

The last part of training runs on the grids already, so this writes down what the forward pass computed with. A
checkpoint from before that part gets its grids here.
"""
import argparse
from pathlib import Path

from shared.columns import Columns

from . import grids
from .checkpoint import load_tables, load_weights, read
from .model import AttentionTier
from .network import network_of, save_network


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("--out", required=True, type=Path)
    parser.add_argument("--tables", type=Path, help="the context model whose tables a slim checkpoint was trained on, where they were not trained")
    args = parser.parse_args()
    state = read(args.checkpoint)
    columns = Columns(state["config"])
    model = AttentionTier({**state["config"], "columns": len(columns.names)})
    load_weights(model, state)
    if "table" not in state["model"] and "rows" not in state:
        if args.tables is None or load_tables(model, columns, args.tables) < len(columns.names):
            raise SystemExit("this checkpoint needs the --tables that it was trained on")
    if not model.quantised:
        print("not trained on the grids yet; rounding")
        model.quantise()
    for name, linear in model.linears().items():
        while linear.reach() >= grids.EXACT:
            linear.coarsen()
            print(f"{name}: grew too large for its grid since it was chosen; weights on 2**-{int(linear.bits)} now")
    listed = [{"context": c, "bits": int(n), "offset": int(o)} for c, n, o in zip(columns.names, columns.bits, columns.offsets)]
    network = network_of(model, listed)
    save_network(network, args.out)
    for name, layer in network.layers.items():
        print(f"{name:10} {str(layer.weights.shape):12} shift {layer.shift:2}  |w| mean {abs(layer.weights).mean():6.1f} max {abs(layer.weights).max()}")
    print(f"{args.out}: {args.out.stat().st_size / 1e6:.1f} MB, table rows never used {(~network.table.any(1)).mean():.1%}")


if __name__ == "__main__":
    main()
