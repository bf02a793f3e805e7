"""What of a run is kept: everything, to go on as if nothing had happened; or slim, to carry the weights elsewhere."""
import json
import os

import numpy as np
import torch

from . import grids


def write(state, path):
    """Whole or not at all."""
    temporary = path.with_suffix(".new")
    with open(temporary, "wb") as f:
        torch.save(state, f)
        f.flush()
        os.fsync(f.fileno())
    temporary.replace(path)


def save(trainer, path):
    write(
        {
            "model": trainer.model.state_dict(), "quantised": trainer.model.quantised, "config": trainer.config,
            "optimiser": trainer.optimiser.state_dict(), "squares": trainer.tables.squares,
            "step": trainer.step_number, "bytes": trainer.bytes, "warm": trainer.warm, "seconds": trainer.seconds,
            "random": torch.get_rng_state(), "cudaRandom": torch.cuda.get_rng_state_all() if torch.cuda.is_available() else [],
        },
        path,
    )


def save_slim(trainer, path):
    """Weights as fp16, table rows (where they are trained) as int8, no optimiser: a fifth of the size.

    Once on the grids, weights are rounded to them (10 bits, which fp16 holds), so quantise.py makes the same numbers of it.
    """
    weights = {name: w.detach().cpu() for name, w in trainer.model.state_dict().items() if name != "table"}
    for name, linear in trainer.model.linears().items():
        w = linear.weight.detach().cpu()
        if trainer.model.quantised:
            w = torch.floor(w * linear.scale + 0.5).clamp(-grids.WEIGHT_LIMIT, grids.WEIGHT_LIMIT) / linear.scale
        weights[f"{name}.weight"] = w.half()
    table = {}
    if trainer.config["trainTables"]:
        rows = torch.floor(trainer.model.table.detach() * grids.TABLE_GRID + 0.5).clamp(-grids.TABLE_LIMIT, grids.TABLE_LIMIT)
        table = {"rows": rows.to(torch.int8).cpu()}
    write(
        {
            "model": weights, **table,
            "quantised": trainer.model.quantised, "config": trainer.config,
            "step": trainer.step_number, "bytes": trainer.bytes, "seconds": trainer.seconds,
        },
        path,
    )


def read(path):
    return torch.load(path, map_location="cpu", weights_only=False)


def load_weights(model, state):
    """Either kind of checkpoint into a model, on its grids if it was."""
    weights = dict(state["model"])
    if "rows" in state:
        weights["table"] = state["rows"].float() / grids.TABLE_GRID
    weights.setdefault("table", model.table.detach())  # not trained: load_tables fetches it
    model.load_state_dict({name: w.float() if w.is_floating_point() else w for name, w in weights.items()})
    if state["quantised"]:
        model.quantise(choose=False)


def load(trainer, path):
    state = read(path)
    if state["config"] != trainer.config:
        raise SystemExit(f"{path} is of another configuration")
    load_weights(trainer.model, state)
    trainer.step_number, trainer.bytes, trainer.seconds = state["step"], state["bytes"], state["seconds"]
    if "optimiser" not in state:
        return
    trainer.optimiser.load_state_dict(state["optimiser"])
    trainer.tables.squares.copy_(state["squares"])
    trainer.warm = state["warm"]
    torch.set_rng_state(state["random"])
    if state["cudaRandom"] and torch.cuda.is_available():
        torch.cuda.set_rng_state_all(state["cudaRandom"])


def table_of(path):
    """int8 [rows, width] and the columns of a context model: its weights.npz, or its folder under models/."""
    if path.is_dir():
        import onnx

        graph = onnx.load(str(path / "model.onnx")).graph
        table = next(onnx.numpy_helper.to_array(c) for c in graph.initializer if c.name == "table")
        return table, json.loads((path / "coding.json").read_text())["columns"]
    with np.load(path, allow_pickle=False) as data:
        return data["table"], json.loads(str(data["columns_json"]))


def load_tables(model, columns, path):
    """Begins with a context model's rows where a column has its name and size; -> how many columns did."""
    table, theirs = table_of(path)
    theirs = {c["context"]: c for c in theirs}
    if table.shape[1] != model.table.shape[1]:
        raise SystemExit(f"rows of {table.shape[1]} elements, wanted {model.table.shape[1]}")
    found = 0
    for name, bits, offset in zip(columns.names, columns.bits, columns.offsets):
        if name in theirs and theirs[name]["bits"] == bits:
            rows = table[theirs[name]["offset"] :][: 1 << bits].astype(np.float32) / grids.TABLE_GRID
            model.table.data[offset : offset + (1 << bits)] = torch.from_numpy(rows)
            found += 1
    return found
