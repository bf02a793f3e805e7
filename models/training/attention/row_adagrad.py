"""Row-wise Adagrad for the embedding table: one step size a row, so a row that is seldom used takes large steps."""
import torch


class RowAdagrad:
    """table [rows, width] with a dense gradient of a mean over `count` tokens; squares [rows] accumulate.

    A step is rate * G / sqrt(sum of the row's mean G^2), with G the sum of a batch's gradients for the row.
    """

    def __init__(self, table, limit):
        self.table, self.limit = table, limit
        self.squares = torch.zeros(table.shape[0], device=table.device)

    @torch.no_grad()
    def step(self, rate, count):
        g = self.table.grad
        if g is None:
            return
        g.mul_(count)
        self.squares += g.square().mean(1)
        self.table.addcmul_(g, torch.rsqrt(self.squares + 1e-8)[:, None].expand_as(g), value=-rate)
        self.table.clamp_(-self.limit, self.limit)
        self.table.grad = None
