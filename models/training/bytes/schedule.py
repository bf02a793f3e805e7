"""How the learning rate falls with the bytes read, and from where on training is on the integer grids."""
import json
import math


def cosine(fraction):
    """1 at the beginning of a run, 0 at its end."""
    return 0.5 * (1 + math.cos(math.pi * min(1.0, fraction)))


class Cosine:
    """Over a run whose length is known."""

    def __init__(self, total, quantise_from):
        self.total, self.quantise_from = total, quantise_from * total

    def level(self, read):
        return cosine(read / self.total)


class Fade:
    """From where a run is, in a straight line to nothing over so many bytes; the second half on the grids: to end a run before its time."""

    def __init__(self, begin, level, length):
        self.begin, self.height, self.total = begin, level, begin + length
        self.quantise_from = begin + length / 2

    def level(self, read):
        return max(0.0, self.height * (self.total - read) / (self.total - self.begin))


def schedule_of(run, config, read, total=None, fade=None):
    """The schedule of a run's folder: a fade, once it has been asked for, is written down there and lasts."""
    whole = Cosine(total or config["bytes"], config["quantiseFrom"])
    path = run / "fade.json"
    if fade and not path.exists():
        path.write_text(json.dumps({"begin": read, "level": whole.level(read), "length": fade}))
    return Fade(**json.loads(path.read_text())) if path.exists() else whole
