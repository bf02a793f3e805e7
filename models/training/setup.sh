#!/usr/bin/env bash
# A Python for the recipe, in .venv at the top of the repository. Debian 12's python3-torch is CPU-only and small; the
# PyPI wheel brings gigabytes of CUDA. libopenblas0-pthread: without it, matrix products run on the reference BLAS.
set -euo pipefail
cd "$(dirname "$0")/../.."
if ! /usr/bin/python3 -c 'import torch' 2>/dev/null; then
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq python3-torch python3-venv libopenblas0-pthread
fi
/usr/bin/python3 -m venv --system-site-packages .venv
# onnx asks for ml-dtypes, and that for numpy 2; torch 1.13 needs numpy 1. Export uses no ml-dtypes type, so numpy 1 it is.
.venv/bin/pip install --quiet -r <(grep -v '^numpy' models/training/requirements.txt)
.venv/bin/pip install --quiet "$(grep '^numpy' models/training/requirements.txt)" 2>/dev/null
.venv/bin/python -c 'import torch, numba, numpy, onnx; torch.from_numpy(numpy.zeros(1)); print("ready: torch", torch.__version__)'
