"""The loss of training: minus log-likelihood of pixels under the mixtures of logistics.py, in floats, with its gradient.

The same parametrisation as the integers, without their roundings; `costs` of logistics.py measures what is really coded.
"""
import numpy as np
import torch
from numba import njit

from logistics import COUPLINGS, K, LOGITS, MEANS, OUTPUTS, SCALES
from lattice import RGB

FLOOR = 1 / 65536  # of every value's frequency
SHARED = 1 - 256 * FLOOR
FAR = 60.0  # stands for infinity
LN2 = np.log(2.0)


@njit(inline="always")
def mirrored(value, mean):
    """Whether a value's bounds are taken on the other side of the mean, where float32 tells their probabilities apart."""
    return value >= 255 or (value > 0 and value > mean)


@njit(cache=True, fastmath=True)
def arguments(outputs, base, activity, values, z, red_mean):
    """z float32 [n, 6 K]: arguments of the logistic, upper and lower bound, on its lower side. red_mean float32 [n, K]: once green is known."""
    for i in range(len(outputs)):
        o = outputs[i]
        unit = np.float32(2.0 ** (activity[i] - 9))
        scale_unit = np.float32(2.0 ** (activity[i] - 4))
        g, r, b = np.float32(values[i, 1]), np.float32(values[i, 0]), np.float32(values[i, 2])
        for k in range(K):
            green = base[i, 1] + unit * o[MEANS + K + k]
            red = base[i, 0] + unit * o[MEANS + k] + o[COUPLINGS + k] * np.float32(1 / 64) * (g - green)
            blue = base[i, 2] + unit * o[MEANS + 2 * K + k]
            blue += (o[COUPLINGS + K + k] * (g - green) + o[COUPLINGS + 2 * K + k] * (r - red)) * np.float32(1 / 64)
            red_mean[i, k] = red
            for c in range(3):
                mean = red if c == 0 else green if c == 1 else blue
                value = r if c == 0 else g if c == 1 else b
                j = c * K + k
                inverse = np.float32(1) / (scale_unit * np.float32(2.0 ** (o[SCALES + j] / 32)))
                high = np.float32(FAR) if value >= 255 else min(np.float32(FAR), (value + np.float32(0.5) - mean) * inverse)
                low = np.float32(-FAR) if value <= 0 else max(np.float32(-FAR), (value - np.float32(0.5) - mean) * inverse)
                if mirrored(value, mean):
                    high, low = -low, -high
                z[i, j], z[i, 3 * K + j] = high, low


@njit(cache=True, fastmath=True)
def gradients(outputs, base, activity, values, planes, z, sigma, red_mean, d):
    """Fills d float32 [n, OUTPUTS] with the gradient by 1/64 of an output, in nats; returns the sum of the losses in bits, and that of green."""
    loss, loss_green = 0.0, 0.0
    p = np.empty(3 * K, np.float32)
    shares, after = np.empty(K, np.float32), np.empty(K, np.float32)
    by_mean, by_scale = np.empty(3 * K, np.float32), np.empty(3 * K, np.float32)
    for i in range(len(outputs)):
        o = outputs[i]
        grey = planes[i] != RGB
        highest = o[LOGITS]
        for k in range(1, K):
            highest = max(highest, o[LOGITS + k])
        total = np.float32(0)
        for k in range(K):
            shares[k] = np.exp((o[LOGITS + k] - highest) * np.float32(1 / 64))
            total += shares[k]
        whole, green_only = np.float32(0), np.float32(0)
        for k in range(K):
            shares[k] /= total
            joint = shares[k]
            for c in range(3):
                j = c * K + k
                p[j] = (sigma[i, j] - sigma[i, 3 * K + j]) * np.float32(SHARED) + np.float32(FLOOR)
            joint *= p[K + k]
            green_only += joint
            if not grey:
                joint *= p[k] * p[2 * K + k]
            after[k] = joint
            whole += joint
        loss -= np.log2(whole)
        loss_green -= np.log2(green_only)
        unit = np.float32(2.0 ** (activity[i] - 9)) * np.float32(64)
        scale_unit = np.float32(2.0 ** (activity[i] - 4))
        for j in range(OUTPUTS):
            d[i, j] = 0
        g, r = np.float32(values[i, 1]), np.float32(values[i, 0])
        for k in range(K):
            share = after[k] / whole
            d[i, LOGITS + k] = shares[k] - share
            for c in range(3):
                if grey and c != 1:
                    continue
                j = c * K + k
                high, low = sigma[i, j], sigma[i, 3 * K + j]
                fh, fl = high * (1 - high), low * (1 - low)
                zh, zl = z[i, j], z[i, 3 * K + j]
                # The bounds were mirrored where that put them on the lower side: the mean's sign comes back from the value.
                inverse = np.float32(1) / (scale_unit * np.float32(2.0 ** (o[SCALES + j] / 32)))
                weight = -share * np.float32(SHARED) / p[j]
                by_scale[j] = weight * -(fh * zh - fl * zl)
                by_mean[j] = weight * -(fh - fl) * inverse
            green = base[i, 1] + unit * np.float32(1 / 64) * o[MEANS + K + k]
            if mirrored(g, green):
                by_mean[K + k] = -by_mean[K + k]
            dg = by_mean[K + k]
            if not grey:
                red = red_mean[i, k]
                blue = base[i, 2] + unit * np.float32(1 / 64) * o[MEANS + 2 * K + k]
                blue += (o[COUPLINGS + K + k] * (g - green) + o[COUPLINGS + 2 * K + k] * (r - red)) * np.float32(1 / 64)
                if mirrored(r, red):
                    by_mean[k] = -by_mean[k]
                if mirrored(np.float32(values[i, 2]), blue):
                    by_mean[2 * K + k] = -by_mean[2 * K + k]
                db = by_mean[2 * K + k]
                d[i, COUPLINGS + K + k] = db * (g - green)
                d[i, COUPLINGS + 2 * K + k] = db * (r - red)
                dr = by_mean[k] - db * o[COUPLINGS + 2 * K + k] * np.float32(1 / 64)
                d[i, COUPLINGS + k] = dr * (g - green)
                dg -= (db * o[COUPLINGS + K + k] + dr * o[COUPLINGS + k]) * np.float32(1 / 64)
                d[i, MEANS + k] = dr * unit
                d[i, MEANS + 2 * K + k] = db * unit
                d[i, SCALES + k] = by_scale[k] * np.float32(2 * LN2)
                d[i, SCALES + 2 * K + k] = by_scale[2 * K + k] * np.float32(2 * LN2)
            d[i, MEANS + K + k] = dg * unit
            d[i, SCALES + K + k] = by_scale[K + k] * np.float32(2 * LN2)
    return loss, loss_green


def loss_and_gradient(outputs, base, activity, values, planes):
    """outputs float32 [n, OUTPUTS] in units of the integers. Returns (bits, all together; gradient float32 by 1/64 of an output, in nats)."""
    n = len(outputs)
    z, red_mean = np.empty((n, 6 * K), np.float32), np.empty((n, K), np.float32)
    arguments(outputs, base, activity, values, z, red_mean)
    sigma = torch.sigmoid(torch.from_numpy(z)).numpy()
    d = np.empty((n, OUTPUTS), np.float32)
    bits, _ = gradients(outputs, base, activity, values, planes, z, sigma, red_mean, d)
    return bits, d
