"""Export: weights.npz -> FOLDER/{model.onnx, coding.json}, checked bit for bit, then audited.

    python -m attention.export .work/text-l/weights.npz --out .work/text-l/model

Held to the 64-bit integers of reference.py, logit by logit: PyTorch and ONNX Runtime with one and two threads, batches
of 1, 7 and 64, with padding, and the same block coded call by call (what a decoder sees) against all at once (what an
encoder sees). Nothing is written before every check and the audit (`npm run build` must have run) have passed.
"""
import argparse
import json
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import onnxruntime
import torch

from shared.coding import logit_weights

from . import grids
from .graph import build_onnx
from .network import load_network, model_of
from .reference import integer_logits

REPOSITORY = Path(__file__).resolve().parents[3]
BATCHES = (1, 7, 64)
THREADS = (1, 2)


def random_batch(network, batch, history, n, calls, seed):
    """Whole numbers of every input, at random: blocks of n positions in `calls` calls after `history` known bytes."""
    rng = np.random.default_rng(seed)
    low = np.array([c["offset"] for c in network.columns])
    contexts = low + rng.integers(0, [1 << c["bits"] for c in network.columns], (batch, history + n, len(low)))
    codes = np.concatenate([np.zeros((batch, history), np.int64), rng.integers(1, calls + 1, (batch, n))], 1)
    positions = np.broadcast_to(np.arange(grids.BLOCK - history, grids.BLOCK + n), codes.shape)
    return {
        "content_contexts": contexts, "content_bytes": rng.integers(0, 256, codes.shape), "content_positions": positions,
        "content_calls": codes, "query_contexts": contexts[:, history:], "query_positions": positions[:, history:],
        "query_calls": codes[:, history:],
    }


def padded(batch, content, query):
    """More content that nobody sees, more queries that nobody reads: what sharing a call with longer blocks does."""
    more = {}
    for name, a in batch.items():
        count = content if name.startswith("content") else query
        more[name] = np.pad(a, [(0, 0), (0, count)] + [(0, 0)] * (a.ndim - 2), constant_values=grids.PADDING if name == "content_calls" else 0)
    return more


def steps(batch):
    """A decoder's calls: (which queries, the inputs of the call), for batches whose rows share their call codes."""
    for call in np.unique(batch["query_calls"]):
        known, asked = batch["content_calls"][0] < call, batch["query_calls"][0] == call
        inputs = {name: a[:, known if name.startswith("content") else asked] for name, a in batch.items()}
        yield asked, inputs if known.any() else {**inputs, **padded({n: a[:, :0] for n, a in inputs.items() if n.startswith("content")}, 1, 0)}


class Runtime:
    def __init__(self, model, threads):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        self.session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])

    def logits(self, batch):
        return self.session.run(None, {name: a.astype(np.int32) for name, a in batch.items()})[0]


def check_equal(network, model, tokens=24):
    """Stops at the first logit that is not the reference's. tokens: positions of a block."""
    batch = random_batch(network, max(BATCHES), tokens // 2, tokens, 5, seed=3)
    expected = integer_logits(network, batch)
    print(f"logits {expected.min()}..{expected.max()}, {len(np.unique(expected))} values")
    torch_model = model_of(network)

    def same(what, logits, wanted):
        different = int(np.count_nonzero(logits != wanted))
        print(f"{what:44} {different} of {wanted.size} logits differ")
        if different:
            raise SystemExit("the integers are not reproduced: do not ship this model")

    def rows(count):
        return {name: a[:count] for name, a in batch.items()}

    for threads in THREADS:
        torch.set_num_threads(threads)
        runtime = Runtime(model, threads)
        for count in BATCHES:
            with torch.no_grad():
                logits = torch_model({n: torch.from_numpy(np.array(a)) for n, a in rows(count).items()}) * grids.LOGIT_GRID
            same(f"PyTorch, {threads} thread(s), batch {count}", logits.numpy(), expected[:count])
            same(f"ONNX Runtime, {threads} thread(s), batch {count}", runtime.logits(rows(count)), expected[:count])
        same("  with padding", runtime.logits(padded(rows(7), 9, 5))[:, :tokens], expected[:7])
        for what, history in (("a first block", 0), ("a later block", tokens)):
            block = random_batch(network, 1, history, tokens, 6, seed=4)
            whole = integer_logits(network, block)
            same(f"  {what}, all at once", runtime.logits(block), whole)
            for asked, inputs in steps(block):
                if np.any(runtime.logits(inputs) != whole[:, asked]):
                    raise SystemExit(f"{what}: coded call by call it is not what it is at once")
            print(f"  {what}, call by call: the same")


def coding_json(network):
    """What decides coded bits besides the graph: as for a context model, and the number of content tokens."""
    coding = {
        "blockLength": grids.BLOCK, "maxContent": grids.MAX_KEYS, "columns": network.columns,
        "logitWeights": logit_weights(grids.LOGIT_GRID), "randomOrderLoss": [],
    }
    return ("{\n" + ",\n".join(f"  {json.dumps(k)}: {json.dumps(v)}" for k, v in coding.items()) + "\n}\n").encode()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("weights", type=Path)
    parser.add_argument("--out", required=True, type=Path)
    args = parser.parse_args()
    network = load_network(args.weights)
    model = build_onnx(network)
    if build_onnx(network) != model:
        raise SystemExit("the same weights gave other bytes")
    check_equal(network, model)
    files = {"model.onnx": model, "coding.json": coding_json(network)}

    def write(folder):
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            (folder / name).write_bytes(content)

    with tempfile.TemporaryDirectory() as candidate:
        write(Path(candidate))
        command = ["node", str(REPOSITORY / "dist" / "src" / "audit" / "cli.js"), candidate]
        if subprocess.run(command, check=False).returncode != 0:
            raise SystemExit("the static audit refused the model (or `npm run build` has not run): do not ship it")
    write(args.out)
    print(f"{args.out}: model.onnx {len(model):,} bytes")


if __name__ == "__main__":
    main()
