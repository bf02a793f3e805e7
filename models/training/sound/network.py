"""The network of a model of sound: ReLU layers on bytes, trained in floats on the grid of the whole numbers that are used.

A layer computes clip(floor((x w + b) 2^-k + 1/2), low, high) with whole x, w, b: |w| <= 64; 0..255 for hidden layers, -1024..1023 for the last,
in 1/64 nat of a component's logit. Inputs are bytes less 128. In training all are fractions, and rounding passes gradients straight through.
"""
import torch

COLUMNS, OUTPUTS = 80, 36
ZERO, UNIT, WEIGHT_LIMIT = 128, 64, 64
LOWEST, HIGHEST = -1024, 1023


class Rounded(torch.autograd.Function):
    @staticmethod
    def forward(_, x):
        return torch.floor(x + 0.5)

    @staticmethod
    def backward(_, gradient):
        return gradient


class Network(torch.nn.Module):
    def __init__(self, hidden, shifts, seed):
        super().__init__()
        torch.manual_seed(seed)
        widths = [COLUMNS, *hidden, OUTPUTS]
        self.shifts = list(shifts)
        self.layers = torch.nn.ModuleList(torch.nn.Linear(a, b) for a, b in zip(widths, widths[1:]))
        with torch.no_grad():
            for layer in self.layers:
                layer.weight.mul_(1.5)
                layer.bias.zero_()
            self.layers[-1].weight.mul_(0.1)

    def forward(self, rows):
        """Bytes [n, COLUMNS] -> logits [n, OUTPUTS] in nats, on their grid."""
        x = (rows.float() - ZERO) / UNIT
        for i, (layer, k) in enumerate(zip(self.layers, self.shifts)):
            limit = WEIGHT_LIMIT / 2**k
            weight = Rounded.apply(layer.weight.clamp(-limit, limit) * 2**k) / 2**k
            x = torch.nn.functional.linear(x, weight, layer.bias)
            last = i == len(self.layers) - 1
            low, high = (LOWEST / UNIT, HIGHEST / UNIT) if last else (0, 255 / UNIT)
            x = (Rounded.apply(x * UNIT) / UNIT).clamp(low, high)
        return x

    def integers(self):
        """[(weights int64 [in, out], bias int64 [out], shift)] of the layers: what is exported."""
        found = []
        for layer, k in zip(self.layers, self.shifts):
            weight = torch.floor(layer.weight.detach().double().t() * 2**k + 0.5).clamp(-WEIGHT_LIMIT, WEIGHT_LIMIT)
            bias = torch.floor(layer.bias.detach().double() * UNIT * 2**k + 0.5)
            found.append((weight.long().numpy(), bias.long().numpy(), k))
        return found
