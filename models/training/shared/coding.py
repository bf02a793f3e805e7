"""What coding.json says of every kind of model: how logits become frequencies."""
import decimal


def logit_weights(scale):
    """round(65536 * exp(-d / scale)) for d = 0, 1, ... until it is 0; decimal, so no platform's libm decides."""
    context = decimal.Context(prec=50)
    weights = []
    while True:
        exact = 65536 * context.exp(context.divide(decimal.Decimal(-len(weights)), decimal.Decimal(scale)))
        weight = int(exact.to_integral_value(rounding=decimal.ROUND_HALF_EVEN))
        if weight == 0:
            return weights
        weights.append(weight)
