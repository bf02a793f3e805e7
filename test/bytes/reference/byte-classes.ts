/** What kind of byte it is, in the eyes of the contexts (`features.md`); part of every model's definition. */

export const LINE_FEED = 10;

/** ASCII letters, and every byte of a multi-byte UTF-8 sequence. */
export function isLetter(b: number): boolean {
  const f = b | 0x20;
  return (f >= 97 && f <= 122) || b >= 128;
}

export function isDigit(b: number): boolean {
  return b >= 48 && b <= 57;
}

export function foldCase(b: number): number {
  return b >= 65 && b <= 90 ? b + 32 : b;
}

export const CLASSES = 6;
/** Per byte: lower-case letter, upper-case letter, digit, white space, beyond ASCII, all else. */
export const CLASS_OF = Uint8Array.from({ length: 256 }, (_, b) => {
  if (b >= 128) return 4;
  if (b >= 97 && b <= 122) return 0;
  if (b >= 65 && b <= 90) return 1;
  if (isDigit(b)) return 2;
  return b === 32 || (b >= 9 && b <= 13) ? 3 : 5;
});
