"""Tables of a model of sound (src/sound/sound.md, section 4), in decimals of 50 digits, so no platform's libm decides."""
import decimal

WHOLE = 1 << 28
REACH, STEPS = 12, 16
LOGIT_STEPS = 64

context = decimal.Context(prec=50)


def rounded(x):
    return int(x.to_integral_value(rounding=decimal.ROUND_HALF_EVEN))


def exp(numerator, denominator):
    return context.exp(context.divide(decimal.Decimal(numerator), decimal.Decimal(denominator)))


def make_tables():
    """logistic[i] = 2^28 / (1 + exp(12 - i / 16)); logitWeights[d] = 65536 exp(-d / 64), of which 1 is the least but at the far end.

    inverseScales[m] = 2^15 2 ln 2 / (1 + (m + 1/2) / 64): the mean distance of a logistic from its centre is 2 ln 2 scales.
    """
    ln2 = context.ln(decimal.Decimal(2))
    logistic = [
        rounded(context.divide(decimal.Decimal(WHOLE), 1 + exp(REACH * STEPS - i, STEPS)))
        for i in range(2 * REACH * STEPS + 1)
    ]
    inverse = [
        rounded(context.divide(decimal.Decimal(1 << 15) * 2 * ln2 * 128, decimal.Decimal(128 + 2 * m + 1))) for m in range(64)
    ]
    weights = [rounded(65536 * exp(-d, LOGIT_STEPS)) for d in range(2048)]
    return {"logitWeights": weights, "logistic": logistic, "inverseScales": inverse}
