/** What kind of byte it is, in the eyes of the contexts (`../features.md`); part of every model's definition. */

export const LINE_FEED: u32 = 10;

/** ASCII letters, and every byte of a multi-byte UTF-8 sequence; not the symbol for unknown. */
// @ts-ignore: a decorator of AssemblyScript
@inline
export function isLetter(b: u32): bool {
  return (b | 0x20) - 97 < 26 || b - 128 < 128;
}

// @ts-ignore: a decorator of AssemblyScript
@inline
export function isDigit(b: u32): bool {
  return b - 48 < 10;
}

// @ts-ignore: a decorator of AssemblyScript
@inline
export function foldCase(b: u32): u32 {
  return b - 65 < 26 ? b + 32 : b;
}

export const CLASSES: i32 = 6;

/** Lower-case letter, upper-case letter, digit, white space, beyond ASCII, all else. */
const classes = memory.data(256, 16);
for (let b: u32 = 0; b < 256; b++) store<u8>(classes + b, classify(b));

// @ts-ignore: a decorator of AssemblyScript
@inline
export function classOf(b: u32): u32 {
  return load<u8>(classes + b);
}

/** The same, and one class more for what is not known. */
// @ts-ignore: a decorator of AssemblyScript
@inline
export function classOfSymbol(symbol: u32): u32 {
  return symbol < 256 ? classOf(symbol) : CLASSES;
}

function classify(b: u32): u8 {
  if (b >= 128) return 4;
  if (b >= 97 && b <= 122) return 0;
  if (b >= 65 && b <= 90) return 1;
  if (isDigit(b)) return 2;
  return b == 32 || (b >= 9 && b <= 13) ? 3 : 5;
}
