"""Train a context ARDM.

    python -m bytes.train --data DIR --config models/training/bytes/text-3.json --run DIR [--bytes 400e6] [--fade 20e6]

Seeded and resumable: started again with the same --run it goes on from the last checkpoint, which SIGTERM writes too. Every line of RUN/log.jsonl
has bytes read, training loss (bits per byte), bytes per second and, now and then, the loss on held-out files by `calls`. --fade ends a run
before its time: the learning rate goes to nothing over so many more bytes, the second half of them on the integer grids. Keep a copy of the
checkpoint from before, if it is to go on some other day.
"""
import argparse
import json
import signal
import threading
import time
from pathlib import Path

import numpy as np
import torch

from .grids import REPOSITORY
from .kernels import threads
from .pieces import CHUNK, Pieces, validation_pieces
from .schedule import schedule_of
from .trainer import Trainer


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True, type=Path)
    parser.add_argument("--config", required=True, type=Path)
    parser.add_argument("--run", required=True, type=Path)
    parser.add_argument("--bytes", type=float, help="training bytes of the whole run; the learning rate fades towards it")
    parser.add_argument("--fade", type=float, help="end after so many more bytes")
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args()
    config = json.loads(args.config.read_text())
    threads(args.threads)
    torch.manual_seed(config["seed"])
    args.run.mkdir(parents=True, exist_ok=True)
    (args.run / "config.json").write_text(json.dumps(config))
    checkpoint = args.run / "checkpoint.pt"
    trainer = Trainer(config)
    if checkpoint.exists():
        trainer.load(checkpoint)
        print(f"resumed at {trainer.bytes / 1e6:.1f} MB")
    schedule = schedule_of(args.run, config, trainer.bytes, args.bytes, args.fade)
    pieces = Pieces(args.data, config)
    if "teachers" in config:
        trainer.learn_from([REPOSITORY / teacher for teacher in config["teachers"]], pieces.columns, config["teacherShare"])
    valid = validation_pieces(args.data, per_group=24)
    log = open(args.run / "log.jsonl", "a", buffering=1)
    told_to_stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: told_to_stop.set())
    batch, saved, begun, begun_bytes, losses = config["batch"], time.time(), time.time(), trainer.bytes, []
    for indices, targets in pieces.stream(trainer.chunks):
        for i in range(0, CHUNK, batch):
            if trainer.dense.weight_bits is None and trainer.bytes >= schedule.quantise_from:
                print("quantised from here on, weight bits", trainer.dense.choose_grids())
            losses.append(trainer.step(indices[i : i + batch], targets[i : i + batch], schedule.level(trainer.bytes), trainer.bytes))
        trainer.dense.centre(pieces.shares)
        trainer.chunks += 1
        line = {
            "bytes": trainer.bytes, "loss": round(float(np.mean(losses)), 4),
            "bytesPerSecond": int((trainer.bytes - begun_bytes) / (time.time() - begun)),
        }
        losses = []
        line["taught"] = round(trainer.taught / CHUNK, 3)  # the share of rows that were propagated back
        trainer.taught = 0
        done = trainer.bytes >= schedule.total
        if trainer.chunks % 80 == 0 or done:
            line["valid"] = {
                f"{g}@{calls}": round(float(np.mean([trainer.rate_of(p, calls).mean() for p in ps])), 4)
                for g, ps in valid.items() for calls in ((32, 128, 1024) if done else (128,))
            }
            print(f"held out, mean of kinds {np.mean([v for k, v in line['valid'].items() if k.endswith('@128')]):.4f} bits/byte", flush=True)
        log.write(json.dumps(line) + "\n")
        if trainer.chunks % 4 == 0 or done:
            print(f"{trainer.bytes / schedule.total:6.1%} {trainer.bytes / 1e6:7.1f} MB  {line['loss']:.3f} bits/byte  {line['bytesPerSecond'] / 1e3:.0f} KB/s", flush=True)
        if time.time() - saved > 300 or done or told_to_stop.is_set():
            trainer.save(checkpoint)
            saved = time.time()
        if done or told_to_stop.is_set():
            break


if __name__ == "__main__":
    main()
