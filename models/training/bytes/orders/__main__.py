"""Orders compared: a small network is trained on each family of partitions and coded with all, at equal network calls.

    python -m bytes.orders train FAMILY...    networks into .work/orders (about 2 minutes each on two free cores)
    python -m bytes.orders compare            families at equal calls, own network and the lanes network
    python -m bytes.orders geometry [MODEL]   costs by known neighbourhood, the dynamic program over them, its check on held-out pieces
    python -m bytes.orders drafts [MODEL]     lanes that run ahead where a guess of the next bytes was right

MODEL: a checkpoint of train.py, else the network trained on lanes. Pieces of 1 KiB of books, code, JSON and logs; bits are
-log2 p of the unquantised network, before mixing and frequency rounding. Tables go to standard output as Markdown.
"""
import sys
from pathlib import Path

import torch

from ..kernels import threads
from .ahead import drafts
from .by_entropy import DYNAMIC
from .compare import compare
from .corpus import SCRATCH, SEED
from .geometry import geometry
from .networks import train
from .partitions import STATIC

torch.manual_seed(SEED)
threads(1)
command, *rest = sys.argv[1:]
with torch.no_grad():
    if command == "train":
        for name in rest or [*STATIC, *DYNAMIC]:
            train(name)
    elif command == "compare":
        compare()
    else:
        {"geometry": geometry, "drafts": drafts}[command](Path(rest[0]) if rest else SCRATCH / "lanes.pt")
