"""What kind of byte it is, in the eyes of the contexts; the twin of test/bytes/reference/byte-classes.ts."""

from .compiled import inlined

LINE_FEED = 10
CLASSES = 6


@inlined
def is_letter(b):
    """ASCII letters, and every byte of a multi-byte UTF-8 sequence."""
    f = b | 0x20
    return (f >= 97 and f <= 122) or b >= 128


@inlined
def is_digit(b):
    return b >= 48 and b <= 57


@inlined
def fold_case(b):
    if b >= 65 and b <= 90:
        return b + 32
    return b


@inlined
def byte_class(b):
    """0 lower-case letter, 1 upper-case, 2 digit, 3 white space, 4 beyond ASCII, 5 all else."""
    if b >= 128:
        return 4
    if b >= 97 and b <= 122:
        return 0
    if b >= 65 and b <= 90:
        return 1
    if is_digit(b):
        return 2
    return 3 if b == 32 or (b >= 9 and b <= 13) else 5
