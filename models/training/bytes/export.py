"""Export: integer weights (.npz, as network.py describes) -> models/<id>/{model.onnx, coding.json, manifest.json}, checked, then audited.

    python -m bytes.export weights.npz --id text-1 [--rate rate.json] [--trained-on "..."]

--mixing: JSON, `mixing` of coding.json (fit_mixing.py); without it the network's distribution is coded as it is.
--rate: JSON {"rate": [{"calls", "bitsPerByte"}...], "presets": {"fast", "balanced", "small"}}, measured after a first
export; exporting again with it changes manifest.json only, since equal inputs give equal files, byte for byte.

The known answer in the manifest comes from int64 arithmetic in numpy; PyTorch and ONNX Runtime (fp32, 1 and 2 threads)
are then held to it. The build of the service (`npm run build`) must exist: its static audit is the last check, and
nothing is written before it passes.
"""

import argparse
import hashlib
import json
import pathlib
import subprocess
import sys
import tempfile

from shared.coding import logit_weights

from .graph import build_onnx
from .grids import REPOSITORY
from .known_answer import check_equal, integer_logits, known_indices
from .network import load_network

KNOWN_ANSWER_ROWS = 64
KNOWN_ANSWER_SEED = 20240229
DEFAULT_PRESETS = {"fast": 32, "balanced": 128, "small": 1024}


def coding_json(network):
    """The bytes of coding.json: one line per key, so that they are hashed and read easily."""
    coding = {
        "blockLength": network.block_length,
        "columns": [{key: column[key] for key in ("context", "bits", "offset")} for column in network.columns],
        "logitWeights": logit_weights(network.logit_scale),
        "randomOrderLoss": network.random_order_loss,
    }
    if network.mixing:
        coding["mixing"] = network.mixing
    lines = [f"  {json.dumps(key)}: {json.dumps(value)}" for key, value in coding.items()]
    return ("{\n" + ",\n".join(lines) + "\n}\n").encode()


def manifest_json(model_id, model, coding, known_answer, measured, trained_on):
    hashes = {"model.onnx": hashlib.sha256(model), "coding.json": hashlib.sha256(coding)}
    identity = hashlib.sha256(hashes["model.onnx"].digest() + hashes["coding.json"].digest())
    manifest = {
        "id": model_id,
        "kind": "context",
        "units": "byte",
        "identity": identity.hexdigest(),
        "files": {name: digest.hexdigest() for name, digest in hashes.items()},
        "knownAnswer": known_answer,
        "rate": measured.get("rate", []),
        "presets": measured.get("presets", DEFAULT_PRESETS),
        "default": "balanced",
        "trainedOn": trained_on,
    }
    return (json.dumps(manifest, indent=2, ensure_ascii=False) + "\n").encode()


def export_model(network, model_id, folder, measured, trained_on):
    """Writes the three files into `folder`, once every check and the audit have passed; stops where one fails."""
    model, coding = build_onnx(network), coding_json(network)
    indices = known_indices(network.columns, KNOWN_ANSWER_ROWS, KNOWN_ANSWER_SEED)
    expected = integer_logits(network, indices)
    check_equal(network, model, indices, expected)
    digest = hashlib.sha256(expected.astype("<i2").tobytes()).hexdigest()
    known_answer = {"rows": KNOWN_ANSWER_ROWS, "seed": KNOWN_ANSWER_SEED, "digest": digest}
    files = {
        "model.onnx": model,
        "coding.json": coding,
        "manifest.json": manifest_json(model_id, model, coding, known_answer, measured, trained_on),
    }
    with tempfile.TemporaryDirectory() as candidate:
        write_files(pathlib.Path(candidate), files)
        audit(candidate)
    write_files(folder, files)
    for name, content in files.items():
        print(f"{name:14} {len(content):>11,} bytes")
    print(f"{'table':14} {network.table.size:>11,} bytes of model.onnx")


def write_files(folder, files):
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)


def audit(folder):
    command = ["node", str(REPOSITORY / "dist" / "src" / "audit" / "cli.js"), str(folder)]
    if subprocess.run(command, check=False).returncode != 0:
        raise SystemExit("the static audit refused the model (or `npm run build` has not run): do not ship it")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("weights", type=pathlib.Path, help="the .npz")
    parser.add_argument("--id", required=True, help="the model's name, and its folder's")
    parser.add_argument("--models", type=pathlib.Path, default=REPOSITORY / "models", help="folder of model folders")
    parser.add_argument("--mixing", type=pathlib.Path, help="what context mixing starts with (JSON)")
    parser.add_argument("--rate", type=pathlib.Path, help="measured rates and presets (JSON)")
    parser.add_argument("--trained-on", default="", help="one sentence on the data")
    arguments = parser.parse_args()
    measured = json.loads(arguments.rate.read_text()) if arguments.rate else {}
    network = load_network(arguments.weights, json.loads(arguments.mixing.read_text()) if arguments.mixing else None)
    export_model(network, arguments.id, arguments.models / arguments.id, measured, arguments.trained_on)


if __name__ == "__main__":
    sys.exit(main())
