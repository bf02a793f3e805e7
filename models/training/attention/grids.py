"""Fixed-point arithmetic of the attention tier: grids, limits and lookup tables, in whole numbers (DESIGN section 2).

Every tensor is an integer n that stands for n / GRID. Limits keep products below 2**24 units, whatever the order of sums:

    tensor              grid   limits        used as
    table rows          32     +-127         MatMul operand (int8, as in the context network)
    residual stream     64     +-4095        sums and products by one 8-bit number only
    normalised, hidden  32     +-255, 0..255 MatMul operand
    query, key          32     +-255         MatMul operand, after rotation by position
    value               16     +-63          MatMul operand: MAX_KEYS + 1 of them times 128 is below 2**24
    attention output    64     +-255         MatMul operand
    logits              16     -1024..1023   leave the graph, 1/16 nat

An attention weight is exp(-x) for a distance of x nat below the largest score. u = 16 x in whole numbers 0..128, and
(1 - u/128)^8 is three times square-and-floor on 0..128. Their sum (at most 128 * (MAX_KEYS + 1)) selects a reciprocal.
"""
import numpy as np

TABLE_GRID, TABLE_LIMIT = 32, 127
RESIDUAL_GRID, RESIDUAL_LIMIT = 64, 4095
NORM_GRID, NORM_LIMIT = 32, 255
KEY_GRID, KEY_LIMIT = 32, 255
VALUE_GRID, VALUE_LIMIT = 16, 63
OUTPUT_GRID, OUTPUT_LIMIT = 64, 255
LOGIT_GRID, LOGIT_LOW, LOGIT_HIGH = 16, -1024, 1023
WEIGHT_LIMIT = 1023  # 10 significant bits, as the audit allows
EXACT = 1 << 24

BLOCK = 1024
MAX_KEYS = 2 * BLOCK  # content tokens: this block and at most one before it
SYMBOLS, MASK = 256, 256

# Call codes of tokens: 0 an earlier block, t + 1 call t of this block, PADDING never seen by anyone else.
PADDING = BLOCK + 1
CALL_CODES = PADDING + 1
HIDDEN_PENALTY = 1 << 17  # taken off the score of a key that may not be seen: leaves a weight of 0

WEIGHT_ONE = 128
SCORE_GRID = 16  # u = 16 steps per nat
ROTATION_GRID = 128


def score_shift(head):
    """Scores are products of two numbers on KEY_GRID, divided by about sqrt(head): units of 1/16 nat after this shift."""
    return int(np.log2(KEY_GRID * KEY_GRID // SCORE_GRID)) + int(np.log2(head)) // 2


def attention_weight(u):
    """int64 0..128 -> 0..128: 128 (1 - u/128)^8, each square rounded down."""
    w = WEIGHT_ONE - u
    for _ in range(3):
        w = (w * w) >> 7
    return w


# --- numbers of 8 significant bits, selected by a sum ---------------------------------------------------------------


def piecewise_index(total, pieces):
    """Row of a lookup table for a sum: a sum of shifted copies that stop growing, so buckets get wider as it grows.

    pieces: (shift, most) pairs. Never falls; 4,096 steps a piece keep a bucket within 1/64 of its sum.
    """
    return sum(np.minimum(total >> shift, most) for shift, most in pieces)


def bucket_middles(pieces, largest):
    """float64 [rows]: for every row of piecewise_index the middle of the sums 0..largest that select it."""
    rows = int(piecewise_index(np.int64(largest), pieces)) + 1
    wanted = np.arange(rows + 1)
    low, high = np.zeros(rows + 1, np.int64), np.full(rows + 1, largest + 1, np.int64)
    while np.any(low < high):
        middle = (low + high) // 2
        enough = piecewise_index(middle, pieces) >= wanted
        high = np.where(enough, middle, high)
        low = np.where(enough | (low >= high), low, middle + 1)
    last = np.maximum(low[1:] - 1, low[:-1])
    return (low[:-1] + last) / 2


def mantissa_exponent(x):
    """x ~ m * 2**-e with whole m in 128..255 (int64 arrays)."""
    e = 7 - np.floor(np.log2(x)).astype(np.int64)
    m = np.floor(x * 2.0**e + 0.5).astype(np.int64)
    return np.where(m == 256, 128, m), np.where(m == 256, e - 1, e)


# --- RMS normalisation ----------------------------------------------------------------------------------------------

SQUARE_SHIFT = 2  # the residual stream is squared on a grid of RESIDUAL_GRID / 4
ROOT_PIECES = ((0, 4095), (6, 4095), (12, 4095))


def square_limit(width):
    """The largest |n| whose squares, `width` of them, add up to less than 2**24."""
    return min(255, int(np.sqrt((EXACT - 1) // width)))


def root_table(width):
    """float64 [rows] of m * 2**-e: NORM_GRID / RESIDUAL_GRID / rms, by piecewise_index of the sum of squares."""
    sums = np.maximum(bucket_middles(ROOT_PIECES, width * square_limit(width) ** 2), 0.5)
    rms = np.sqrt(sums / width) * (1 << SQUARE_SHIFT) / RESIDUAL_GRID
    m, e = mantissa_exponent(NORM_GRID / RESIDUAL_GRID / rms)
    return m * 2.0**-e


# --- division by the sum of attention weights ----------------------------------------------------------------------

LARGEST_SUM = WEIGHT_ONE * (MAX_KEYS + 1)
SUM_PIECES = ((0, 4095), (6, LARGEST_SUM >> 6))
QUOTIENT_LIMIT = VALUE_LIMIT * 1024  # |sum of weights * values| brought to this range, with 1024 for the sum
RECIPROCAL_SHIFT = 15


def reciprocal_tables():
    """float64 [rows] twice, by piecewise_index of the sum S: 2**-e with S 2**-e in 512..1024, and m in 128..256 with
    m 2**-15 ~ (OUTPUT_GRID / VALUE_GRID) / (S 2**-e). Sums below 128 do not occur (the largest weight is 128)."""
    sums = np.maximum(bucket_middles(SUM_PIECES, LARGEST_SUM), WEIGHT_ONE)
    e = np.floor(np.log2(sums)).astype(np.int64) - 9
    near = sums * 2.0**-e
    m = np.floor((OUTPUT_GRID // VALUE_GRID) * 2.0**RECIPROCAL_SHIFT / near + 0.5)
    return 2.0**-e, np.clip(m, 128, 256)


# --- positions ------------------------------------------------------------------------------------------------------


def rotation_tables(head):
    """int64 [MAX_KEYS, head/2] twice: cosine and sine of position * 10000^(-2i/head), in units of 1/128."""
    angle = np.arange(MAX_KEYS)[:, None] * 10000.0 ** (-2 * np.arange(head // 2) / head)
    return tuple(np.floor(f(angle) * ROTATION_GRID + 0.5).astype(np.int64) for f in (np.cos, np.sin))
