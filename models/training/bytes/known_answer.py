"""The known answer: 64-bit integers in numpy, and PyTorch and ONNX Runtime held to them."""
import numpy as np
import onnxruntime
import torch

from .network import half_of


def known_indices(columns, rows, seed):
    """int32 [rows, C]: the upper bits of a xorshift32 stream, row by row, each within its column's rows."""
    state = seed
    indices = np.empty((rows, len(columns)), np.int32)
    for row in range(rows):
        for c, column in enumerate(columns):
            state ^= (state << 13) & 0xFFFFFFFF
            state ^= state >> 17
            state ^= (state << 5) & 0xFFFFFFFF
            indices[row, c] = column["offset"] + (state >> (32 - column["bits"]))
    return indices


def integer_logits(network, indices):
    """int64 [N, 256]: the network in 64-bit integers. The definition that everything else is held to."""
    x = network.table[indices].reshape(len(indices), -1).astype(np.int64)
    for layer in network.layers:
        x = np.clip((x @ layer.weights + layer.bias + half_of(layer)) >> layer.shift, layer.low, layer.high)
    return x


def torch_logits(network, indices, threads):
    """float32 [N, 256]: the network as training sees it, unfolded, in PyTorch."""
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    x = torch.from_numpy(network.table[indices].reshape(len(indices), -1)).float()
    for layer in network.layers:
        total = x @ torch.from_numpy(layer.weights).float() + torch.from_numpy(layer.bias).float()
        x = torch.clamp(torch.floor(total * torch.tensor(2.0 ** -np.asarray(layer.shift), dtype=torch.float32) + 0.5), layer.low, layer.high)
    torch.set_num_threads(before)
    return x.numpy()


def onnx_logits(model, indices, threads):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    return session.run(None, {"indices": indices})[0]


def check_equal(network, model, indices, expected):
    for threads in (1, 2):
        for name, logits in (
            ("PyTorch", torch_logits(network, indices, threads)),
            ("ONNX Runtime", onnx_logits(model, indices, threads)),
        ):
            different = np.count_nonzero(logits != expected)
            print(f"{name:12} {threads} thread(s): {different} of {expected.size} logits differ")
            if different:
                raise SystemExit(f"{name} does not reproduce the integers: do not ship this model")
