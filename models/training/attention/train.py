"""Train the attention tier: in float first (bfloat16 products on CUDA), on the integer grids at the end.

    python -m attention.train --pack .work/pack.bin --config models/training/attention/text-l.json --size text-l --run .work/text-l --total-seconds 1500

Seeded and resumable: the same command goes on from RUN/checkpoint.pt, which is written whole (and moved into place) at
least every two minutes, at SIGTERM and at the end of a leg. The learning rate fades over --total-seconds of training, of
all legs together, or over --steps. Every line of RUN/log.jsonl has step, seconds, bytes, training loss (bits per byte)
and, now and then, the rate of held-out pieces of 1 KiB; RUN/curve.png shows them.

--start takes a slim checkpoint (--carry of an earlier run), which has no optimiser state: weights go on, warming up anew.
--tables takes a context model (its weights.npz, or its folder under models/): columns of the same name and size begin with its rows.
"""
import argparse
import json
import math
import signal
import time
from pathlib import Path

import numpy as np
import torch

from shared.columns import Columns

from . import grids
from .checkpoint import load, load_tables, save, save_slim
from .curve import plot
from .model import AttentionTier
from .pack import Pack
from .rate import held_out_rates, loss_of, to_device
from .row_adagrad import RowAdagrad
from .stream import Batches

SAVE_EVERY = 110  # seconds


def configuration(path, size):
    """A configuration of the file, its columns named or those of a context model's file in ../bytes; -> (config, Columns)."""
    config = json.loads(path.read_text())[size]
    if isinstance(config["columns"], str):
        config["columns"] = json.loads((path.parent.parent / "bytes" / f"{config['columns']}.json").read_text())["columns"]
    columns = Columns(config)
    unknown = set(config["columns"]) - set(columns.names)
    if unknown:
        raise SystemExit(f"no such contexts: {', '.join(sorted(unknown))}")
    return {**config, "rows": columns.rows}, columns


class Trainer:
    def __init__(self, config, device):
        self.config, self.device = config, device
        model_config = {**config, "columns": len(config["columns"])}
        self.model = AttentionTier(model_config).to(device)
        dense = [p for name, p in self.model.named_parameters() if name != "table"]
        self.optimiser = torch.optim.Adam(dense, lr=config["rate"], betas=(0.9, 0.98), eps=1e-9)
        self.tables = RowAdagrad(self.model.table, grids.TABLE_LIMIT / grids.TABLE_GRID)
        self.model.table.requires_grad_(config["trainTables"])
        self.dense = dense
        self.step_number = self.bytes = self.warm = 0
        self.seconds = 0.0

    def step(self, batch, fraction):
        """One step on a batch, in pieces that fit the memory; -> bits per byte."""
        config, model = self.config, self.model
        warm = min(1.0, (self.warm + 1) / config["warmUpSteps"])
        fade = warm * (0.03 + 0.97 * 0.5 * (1 + math.cos(math.pi * min(1.0, fraction))))
        for group in self.optimiser.param_groups:
            group["lr"] = config["rate"] * fade
        rows, tokens = batch["targets"].shape[0], sum(batch[k].shape[1] for k in ("content_bytes", "targets"))
        size = max(1, (config["quantisedTokens"] if model.quantised else config["batchTokens"]) // tokens)
        total = torch.zeros((), device=self.device)
        count = int((batch["targets"] >= 0).sum())
        for i in range(0, rows, size):
            part = to_device({name: a[i : i + size] for name, a in batch.items()}, self.device)
            loss = loss_of(model, part, self.device) * ((part["targets"] >= 0).sum() / count)
            loss.backward()
            total += loss.detach()
        torch.nn.utils.clip_grad_norm_(self.dense, 1.0)
        self.optimiser.step()
        self.tables.step(config["tableRate"] * fade, count)
        self.optimiser.zero_grad(set_to_none=True)
        self.step_number, self.warm, self.bytes = self.step_number + 1, self.warm + 1, self.bytes + count
        return total / math.log(2)


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pack", required=True, type=Path)
    parser.add_argument("--config", required=True, type=Path)
    parser.add_argument("--size", required=True, help="which configuration of the file")
    parser.add_argument("--run", required=True, type=Path)
    parser.add_argument("--leg-seconds", type=float, default=1500, help="stop cleanly after so long in this process, start and all")
    parser.add_argument("--total-seconds", type=float, help="training time of all legs")
    parser.add_argument("--steps", type=int, help="steps of all legs")
    parser.add_argument("--without-attention", action="store_true", help="the same network, each position for itself")
    parser.add_argument("--start", type=Path)
    parser.add_argument("--tables", type=Path)
    parser.add_argument("--carry", type=Path, help="write a slim checkpoint there at the end of the leg")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--workers", type=int, default=4, help="threads that make batches")
    parser.add_argument("--valid-pieces", type=int, default=40, help="held-out pieces a kind, at most")
    parser.add_argument("--valid-every", type=float, default=240, help="seconds")
    args = parser.parse_args()
    if not args.total_seconds and not args.steps:
        parser.error("give --total-seconds or --steps")
    return args


def main():
    begun, args = time.time(), parse()
    device = torch.device(args.device)
    if device.type == "cuda":
        torch.backends.cuda.matmul.allow_tf32 = True  # exact for whole numbers of 11 bits
    config, columns = configuration(args.config, args.size)
    if args.without_attention:
        config["attention"] = False
    torch.manual_seed(config["seed"])
    args.run.mkdir(parents=True, exist_ok=True)
    checkpoint, trainer = args.run / "checkpoint.pt", Trainer(config, device)
    if checkpoint.exists():
        load(trainer, checkpoint)
        print(f"resumed at step {trainer.step_number}, {trainer.seconds:.0f} s", flush=True)
    elif args.start:
        load(trainer, args.start)
        trainer.warm = 0
        if not config["trainTables"]:
            load_tables(trainer.model, columns, args.tables)
    elif args.tables:
        found = load_tables(trainer.model, columns, args.tables)
        print(f"{found} of {len(columns.names)} columns from {args.tables}")
        if found < len(columns.names) and not config["trainTables"]:
            raise SystemExit("tables that are not trained must all come from there")
    elif not config["trainTables"]:
        raise SystemExit("this configuration needs --tables")
    pack, model = Pack(args.pack), trainer.model
    stopping = []
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stopping.append(True))
    log = open(args.run / "log.jsonl", "a", buffering=1)
    parameters = sum(p.numel() for p in trainer.dense)
    print(f"{parameters:,} dense parameters, table {config['rows']:,} x {config['tableWidth']}, {len(pack.blob) / 1e6:.0f} MB, {device}", flush=True)

    def rates():
        ladder = {f"{calls}": held_out_rates(model, pack.valid, columns, calls, device, 1024, args.valid_pieces) for calls in (32, 128, 1024)}
        ladder["128 after a block"] = held_out_rates(model, pack.valid, columns, 128, device, 2048, args.valid_pieces)
        return {key: {"mean": round(float(np.mean(list(of.values()))), 4), **of} for key, of in ladder.items()}

    model.train()
    saved = validated = time.time()
    before, losses, done, logged = time.time(), [], False, (time.time(), trainer.bytes)
    for batch in Batches(pack, config, columns, args.workers).from_number(trainer.step_number):
        fraction = max(
            trainer.seconds / args.total_seconds if args.total_seconds else 0, trainer.step_number / args.steps if args.steps else 0
        )
        if not model.quantised and fraction >= config["quantiseFrom"]:
            line = {"step": trainer.step_number, "bytes": trainer.bytes, "seconds": round(trainer.seconds, 1), "valid": rates(), "before": "quantising"}
            model.quantise()
            line["rounded"] = rates()
            log.write(json.dumps(line) + "\n")
            print(f"float {line['valid']['128']['mean']}, rounded {line['rounded']['128']['mean']} bits/byte; on the grids from here on", flush=True)
            before = time.time()  # measuring is not training
        losses.append(trainer.step(batch, fraction))
        if trainer.step_number % config["logEvery"] == 0:
            loss = float(torch.stack(losses).mean())  # waits for the device
            losses, now = [], time.time()
            line = {
                "step": trainer.step_number, "seconds": round(trainer.seconds + now - before, 1), "bytes": trainer.bytes,
                "loss": round(loss, 4), "quantised": model.quantised,
                "bytesPerSecond": int((trainer.bytes - logged[1]) / (now - logged[0])),
            }
            logged = now, trainer.bytes
            log.write(json.dumps(line) + "\n")
            print(f"{fraction:6.1%} step {line['step']} {line['loss']:.3f} bits/byte {line['bytesPerSecond'] / 1e3:.1f} KB/s", flush=True)
            if not math.isfinite(loss):
                raise SystemExit("the loss is no number any more: the last checkpoint is from before")
        now = time.time()
        trainer.seconds, before = trainer.seconds + now - before, now
        done = (trainer.seconds >= args.total_seconds if args.total_seconds else False) or (
            trainer.step_number >= args.steps if args.steps else False
        )
        leg_over = now - begun > args.leg_seconds or bool(stopping)
        if now - saved > SAVE_EVERY or done or leg_over:
            save(trainer, checkpoint)
            saved = time.time()
        if done or leg_over or now - validated > args.valid_every:
            if not stopping:
                line = {"step": trainer.step_number, "seconds": round(trainer.seconds, 1), "bytes": trainer.bytes, "valid": rates()}
                log.write(json.dumps(line) + "\n")
                print("held out, 1 KiB:", {key: of["mean"] for key, of in line["valid"].items()}, flush=True)
            validated = before = time.time()
            logged = before, trainer.bytes
        if done or leg_over:
            break
    if args.carry:
        save_slim(trainer, args.carry)
    plot(args.run)
    print(f"{'done' if done else 'stopped'} at step {trainer.step_number}, {trainer.seconds:.0f} s, {trainer.bytes / 1e6:.1f} MB read", flush=True)


if __name__ == "__main__":
    main()
