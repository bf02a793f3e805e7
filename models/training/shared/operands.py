"""What matrix products of training take: bfloat16, handled as its bits (uint16), where the processor multiplies it, and else float32.

Turning one into the other around every product took longer than the products, so whatever lies between two products reads and writes OPERAND.
"""
from pathlib import Path

import numpy as np
import torch
from numba import types
from numba.extending import overload


def has_products16():
    """Whether this processor multiplies bfloat16 itself; what emulates it takes a hundred times as long as float32."""
    flags = Path("/proc/cpuinfo").read_text() if Path("/proc/cpuinfo").exists() else ""
    return "avx512_bf16" in flags or "amx_bf16" in flags


OPERAND = torch.bfloat16 if has_products16() else torch.float32


def view(tensor):
    """A tensor of OPERAND as a numpy array that shares its memory: its bits, uint16, or float32."""
    return tensor.view(torch.int16).numpy().view(np.uint16) if tensor.dtype == torch.bfloat16 else tensor.numpy()


def load(row, values):
    """values = a row of an operand, as float32"""
    raise NotImplementedError("compiled only")


def store(values, row):
    """a row of an operand = values: rounded to nearest even where it is bfloat16"""
    raise NotImplementedError("compiled only")


@overload(load, inline="always")
def load_of(row, values):
    def halves(row, values):
        bits = values.view(np.uint32)
        for j in range(len(values)):
            bits[j] = np.uint32(row[j]) << np.uint32(16)

    def floats(row, values):
        for j in range(len(values)):
            values[j] = row[j]

    return halves if row.dtype == types.uint16 else floats


@overload(store, inline="always")
def store_of(values, row):
    def halves(values, row):
        bits = values.view(np.uint32)
        for j in range(len(values)):
            row[j] = np.uint16((bits[j] + np.uint32(0x7FFF) + ((bits[j] >> np.uint32(16)) & np.uint32(1))) >> np.uint32(16))

    def floats(values, row):
        for j in range(len(values)):
            row[j] = values[j]

    return halves if row.dtype == types.uint16 else floats
