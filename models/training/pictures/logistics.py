"""Mixtures of logistics in exact integers: pictures.md section 6. Tables, and the cumulative frequencies that they give.

Outputs of the network for a position, in this order: K logits (1/64 nat), 3 K means (quarters of an input unit), 3 K scales
(1/32 octave), 3 K couplings (1/64): red by green, blue by green, blue by red. Channels in the order red, green, blue.
"""
import decimal

import numpy as np
from numba import njit

K = 5
OUTPUTS = 10 * K
LOGITS, MEANS, SCALES, COUPLINGS = 0, K, 4 * K, 7 * K
LOWEST, HIGHEST = -1024, 1023  # of an output

TOTAL = 1 << 16
SYMBOLS = 256
WEIGHT_BITS = 15  # the weights of a mixture have the sum 2^15
Z_STEPS = 16  # entries of the logistic table a unit
Z_REACH = 12  # units on either side
SCALE_STEPS = 32  # an octave
SCALE_SHIFT = 64  # index of a scale of 2^-5 x 2^(64/32) = 1/8 of a level
SCALE_COUNT = 416
SCALE_CENTRE = 128  # index of output 0 at the lowest activity: half a level
LOGIT_STEPS = 64
MEAN_LIMIT = 1 << 15


def rounded(x):
    return int(x.to_integral_value(rounding=decimal.ROUND_HALF_EVEN))


def make_tables():
    """{"logitWeights", "logistic", "inverseScales"}, in decimals of 50 digits, so no platform's libm decides.

    logitWeights[d] = 65536 exp(-d / 64), until it is 0. logistic[i] = 65536 / (1 + exp(12 - i / 16)), at most 65535.
    inverseScales[i] = 2^20 / (16 s), s = 2^-5 2^(i / 32) levels: what turns sixteenths of a level into 2^-20 units of the logistic.
    """
    context = decimal.Context(prec=50)
    two = decimal.Decimal(2)

    def exp(numerator, denominator):
        return context.exp(context.divide(decimal.Decimal(numerator), decimal.Decimal(denominator)))

    weights = []
    while not weights or weights[-1]:
        weights.append(rounded(65536 * exp(-len(weights), LOGIT_STEPS)))
    logistic = [
        min(65535, rounded(context.divide(decimal.Decimal(65536), 1 + exp(Z_REACH * Z_STEPS - i, Z_STEPS))))
        for i in range(2 * Z_REACH * Z_STEPS + 1)
    ]
    inverse = [
        rounded(context.power(two, context.divide(decimal.Decimal(21 * SCALE_STEPS - i), decimal.Decimal(SCALE_STEPS))))
        for i in range(SCALE_COUNT)
    ]
    return {"logitWeights": weights[:-1], "logistic": logistic, "inverseScales": inverse}


TABLES = make_tables()
LOGIT_WEIGHTS = np.zeros(HIGHEST - LOWEST + 1, np.int64)
LOGIT_WEIGHTS[: len(TABLES["logitWeights"])] = TABLES["logitWeights"]
LOGISTIC = np.array(TABLES["logistic"], np.int64)
INVERSE_SCALES = np.array(TABLES["inverseScales"], np.int64)


@njit(cache=True)
def below(bound, mean, inverse, logistic):
    """Probability, in 1/65536, of a value below `bound` (0..256), by a logistic with that mean (1/16 level) and inverse scale."""
    if bound <= 0:
        return 0
    if bound >= SYMBOLS:
        return TOTAL
    z = ((16 * bound - 8 - mean) * inverse) >> 8  # 2^-12 units
    z += Z_REACH << 12
    if z <= 0:
        return logistic[0]
    if z >= (2 * Z_REACH) << 12:
        return logistic[2 * Z_REACH * Z_STEPS]
    i, part = z >> 8, z & 255
    return logistic[i] + (((logistic[i + 1] - logistic[i]) * part) >> 8)


@njit(cache=True)
def start_weights(outputs, logit_weights, weights):
    """Weights of the components, int64 [K], sum 2^15."""
    highest = outputs[LOGITS]
    for k in range(1, K):
        highest = max(highest, outputs[LOGITS + k])
    for k in range(K):
        weights[k] = logit_weights[highest - outputs[LOGITS + k]]
    normalise(weights)


@njit(cache=True)
def normalise(weights):
    total = 0
    for k in range(K):
        total += weights[k]
    left = 1 << WEIGHT_BITS
    for k in range(K):
        weights[k] = (weights[k] << WEIGHT_BITS) // total
        left -= weights[k]
    weights[0] += left


@njit(cache=True)
def cumulative(bound, weights, means, inverses, logistic):
    """Sum of the frequencies of the values below `bound` (0..256): 0 to 65536, every value at least 1."""
    if bound <= 0:
        return 0
    if bound >= SYMBOLS:
        return TOTAL
    mass = 0
    for k in range(K):
        mass += weights[k] * below(bound, means[k], inverses[k], logistic)
    return bound + (((mass >> WEIGHT_BITS) * (TOTAL - SYMBOLS)) >> 16)


@njit(cache=True)
def condition(weights, value, means, inverses, logistic):
    """Weights of the components once a channel's value is known."""
    for k in range(K):
        mass = below(value + 1, means[k], inverses[k], logistic) - below(value, means[k], inverses[k], logistic)
        weights[k] *= mass + 1
    normalise(weights)


@njit(cache=True)
def limited(mean):
    """Keeps a mean, in 1/16 level, where products with it have at most 37 bits."""
    return min(MEAN_LIMIT - 1, max(-MEAN_LIMIT, mean))


@njit(cache=True)
def mean_of(output, base, activity):
    """In 1/16 level: output in quarters of 2^(activity - 7) levels."""
    return limited(16 * base + (((output << (activity - 3)) + 2) >> 2))


@njit(cache=True)
def inverse_of(output, activity, inverse_scales):
    index = SCALE_CENTRE + SCALE_STEPS * (activity - 3) + output
    return inverse_scales[min(SCALE_COUNT - 1, max(0, index))]


@njit(cache=True)
def channel(outputs, base, activity, c, inverse_scales, means, inverses):
    """Means and inverse scales of channel c before coupling."""
    for k in range(K):
        means[k] = mean_of(outputs[MEANS + c * K + k], base[c], activity)
        inverses[k] = inverse_of(outputs[SCALES + c * K + k], activity, inverse_scales)


@njit(cache=True)
def intervals(outputs, base, activity, values, grey, logit_weights, logistic, inverse_scales, starts, sizes):
    """Intervals of the samples of a pixel, in the order in which they are coded: green, red, blue (grey: green alone).

    outputs int64 [OUTPUTS], base and values int64 [3] (red, green, blue); starts, sizes int64 [3] by that coding order.
    """
    weights = np.empty(K, np.int64)
    green, red, blue = np.empty(K, np.int64), np.empty(K, np.int64), np.empty(K, np.int64)
    inverses = np.empty(K, np.int64)
    start_weights(outputs, logit_weights, weights)
    channel(outputs, base, activity, 1, inverse_scales, green, inverses)
    starts[0] = cumulative(values[1], weights, green, inverses, logistic)
    sizes[0] = cumulative(values[1] + 1, weights, green, inverses, logistic) - starts[0]
    if grey:
        return
    condition(weights, values[1], green, inverses, logistic)
    channel(outputs, base, activity, 0, inverse_scales, red, inverses)
    for k in range(K):
        from_green = outputs[COUPLINGS + k] * (16 * values[1] - green[k])
        red[k] = limited(red[k] + ((from_green + 32) >> 6))
    starts[1] = cumulative(values[0], weights, red, inverses, logistic)
    sizes[1] = cumulative(values[0] + 1, weights, red, inverses, logistic) - starts[1]
    condition(weights, values[0], red, inverses, logistic)
    channel(outputs, base, activity, 2, inverse_scales, blue, inverses)
    for k in range(K):
        from_green = outputs[COUPLINGS + K + k] * (16 * values[1] - green[k])
        from_red = outputs[COUPLINGS + 2 * K + k] * (16 * values[0] - red[k])
        blue[k] = limited(blue[k] + ((from_green + from_red + 32) >> 6))
    starts[2] = cumulative(values[2], weights, blue, inverses, logistic)
    sizes[2] = cumulative(values[2] + 1, weights, blue, inverses, logistic) - starts[2]


@njit(cache=True)
def bits_of(outputs, base, activity, values, grey, logit_weights, logistic, inverse_scales):
    """Bits of each sample (float64 [n, 3], coding order), from the integer frequencies."""
    n = len(outputs)
    bits = np.zeros((n, 3))
    starts, sizes = np.empty(3, np.int64), np.empty(3, np.int64)
    for i in range(n):
        intervals(outputs[i], base[i], activity[i], values[i], grey, logit_weights, logistic, inverse_scales, starts, sizes)
        for c in range(1 if grey else 3):
            bits[i, c] = 16 - np.log2(sizes[c])
    return bits


def costs(outputs, base, activity, values, grey=False):
    """As `bits_of`, with the tables."""
    return bits_of(outputs, base, activity, values.astype(np.int64), grey, LOGIT_WEIGHTS, LOGISTIC, INVERSE_SCALES)
