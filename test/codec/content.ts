/** Sorts of content that compressors treat differently; the same bytes for the same arguments. */
export const CONTENTS = ['text', 'random', 'zeros', 'repetitive', 'binary', 'last-byte'] as const;

export type Content = (typeof CONTENTS)[number];

const WORDS =
  'it was late in the evening when the train from the coast came in and few people had waited for it on platform'.split(
    ' ',
  );

/** A stream of unsigned 32-bit numbers. */
export function generator(seed: number): () => number {
  let x = (seed ^ 0x9e3779b9) >>> 0 || 1;
  return () => {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    return x >>> 0;
  };
}

/** @param length bytes, at least 0. */
export function content(kind: Content, length: number, seed = 1): Uint8Array {
  const next = generator(seed);
  const bytes = new Uint8Array(length);
  if (kind === 'text') {
    for (let at = 0; at < length; ) {
      const word = Buffer.from(`${WORDS[next() % WORDS.length]}${next() % 9 === 0 ? '.\n' : ' '}`);
      bytes.set(word.subarray(0, length - at), at);
      at += word.length;
    }
  } else if (kind === 'random') {
    for (let at = 0; at < length; at++) bytes[at] = next() >>> 24;
  } else if (kind === 'repetitive') {
    const unit = content('text', 1 + (next() % 300), next());
    for (let at = 0; at < length; at++) bytes[at] = unit[at % unit.length] as number;
  } else if (kind === 'binary') {
    // Little-endian records of slowly rising numbers.
    let value = next() % 1000;
    for (let at = 0; at < length; at++) {
      if (at % 4 === 0) value += next() % 50;
      bytes[at] = value >>> (8 * (at % 4));
    }
  } else if (kind === 'last-byte' && length > 0) {
    bytes[length - 1] = 255;
  }
  return bytes;
}
