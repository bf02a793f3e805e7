"""Tables on standard output, in Markdown."""
import math


def percent(bits, base):
    """How much more than `base` the same pieces take, and its standard error over pieces."""
    ratio = bits.sum() / base.sum()
    error = (bits - ratio * base).std(ddof=1) / math.sqrt(len(base)) / base.mean()
    return f"{100 * (ratio - 1):+.1f} ± {100 * error:.1f}" if abs(ratio - 1) > 0.0995 else f"{100 * (ratio - 1):+.2f} ± {100 * error:.2f}"


def table(heads, lines):
    print("\n| " + " | ".join(map(str, heads)) + " |\n|" + " --- |" * len(heads))
    for line in lines:
        print("| " + " | ".join(map(str, line)) + " |")
    print(flush=True)
