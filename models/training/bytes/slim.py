"""A checkpoint that is small enough to be kept in a repository, and back: the table in whole numbers, as exported; the rest as it is.

    python -m bytes.slim pack RUN/checkpoint.pt FILE.npz
    python -m bytes.slim unpack FILE.npz --run RUN

Of a run that has been faded the table loses nothing. What is unpacked is off the grids again, to go on: give more --bytes than it has read.
"""
import argparse
import json
from pathlib import Path

import numpy as np
import torch

from .grids import EMBEDDING_GRID
from .trainer import Trainer


def pack(checkpoint, path):
    state = torch.load(checkpoint)
    moments = state["optimiser"]["state"]
    arrays = {f"dense{i}": p.numpy() for i, p in enumerate(state["dense"])}
    arrays |= {f"{name}{i}": moments[i][name].numpy() for i in moments for name in ("exp_avg", "exp_avg_sq")}
    table = np.clip(np.floor(state["table"].numpy() * EMBEDDING_GRID + 0.5), -127, 127).astype(np.int8)
    facts = {"config": state["config"], "bytes": state["bytes"], "chunks": state["chunks"], "steps": float(moments[0]["step"])}
    np.savez_compressed(path, table=table, roots=np.sqrt(state["squares"].numpy()).astype(np.float16), facts=json.dumps(facts), **arrays)
    print(f"{path}: {path.stat().st_size / 1e6:.1f} MB")


def unpack(path, run):
    with np.load(path, allow_pickle=False) as data:
        facts = json.loads(str(data["facts"]))
        trainer = Trainer(facts["config"])
        trainer.table[:] = data["table"].astype(np.float32) / EMBEDDING_GRID
        trainer.squares[:] = data["roots"].astype(np.float32) ** 2
        parameters = trainer.dense.parameters
        for i, p in enumerate(parameters):
            p.copy_(torch.from_numpy(data[f"dense{i}"]))
            moments = {name: torch.from_numpy(data[f"{name}{i}"].copy()) for name in ("exp_avg", "exp_avg_sq")}
            trainer.optimiser.state[p] = {"step": torch.tensor(facts["steps"]), **moments}
    trainer.bytes, trainer.chunks = facts["bytes"], facts["chunks"]
    run.mkdir(parents=True, exist_ok=True)
    trainer.save(run / "checkpoint.pt")
    print(f"{run / 'checkpoint.pt'}: {trainer.bytes / 1e6:.1f} MB read")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    packing = commands.add_parser("pack")
    packing.add_argument("checkpoint", type=Path)
    packing.add_argument("file", type=Path)
    unpacking = commands.add_parser("unpack")
    unpacking.add_argument("file", type=Path)
    unpacking.add_argument("--run", required=True, type=Path)
    args = parser.parse_args()
    if args.command == "pack":
        pack(args.checkpoint, args.file)
    else:
        unpack(args.file, args.run)


if __name__ == "__main__":
    main()
