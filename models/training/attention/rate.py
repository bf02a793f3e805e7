"""Bits per byte of held-out pieces under a model: the mean over the kinds of text, as bytes/evaluate.py measures it."""
import math

import numpy as np
import torch

from .tokens import batch_of, last_block


def to_device(batch, device):
    return {name: torch.from_numpy(np.ascontiguousarray(a)).to(device).long() for name, a in batch.items()}


def loss_of(model, batch, device, per_token=False):
    """Cross-entropy in nat: bfloat16 products on CUDA while the model is in float, fp32 on its grids and on a CPU."""
    with torch.autocast(device.type, dtype=torch.bfloat16, enabled=device.type == "cuda" and not model.quantised):
        logits = model(batch)
    return torch.nn.functional.cross_entropy(
        logits.float().flatten(0, 1), batch["targets"].flatten(), ignore_index=-1, reduction="none" if per_token else "mean"
    )


@torch.no_grad()
def held_out_rates(model, valid, columns, calls, device, length, per_group, at_once=8):
    """{group: bits per byte of the last block of pieces of `length` bytes}."""
    model.eval()
    rates = {}
    for group, pieces in valid.items():
        examples = [last_block(p[:length], calls, 0, 0, columns) for p in pieces[:per_group]]
        total = count = 0
        for i in range(0, len(examples), at_once):
            batch = to_device(batch_of(examples[i : i + at_once]), device)
            total += float(loss_of(model, batch, device, per_token=True).sum())
            count += int((batch["targets"] >= 0).sum())
        rates[group] = round(total / count / math.log(2), 4)
    model.train()
    return rates
