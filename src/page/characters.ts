/** One or several bytes that are shown together, with what is known of them. */
export interface Character {
  readonly shown: string;
  /** Bits that its bytes take together. */
  readonly bits: number;
  /** The last of the network calls, from 0, that make its bytes known. */
  readonly call: number;
}

/** UTF-8, as far as a browser can show it. */
export function textOf(bytes: Uint8Array): string | undefined {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    // Of no text there is; a file that has some is for programs.
    return /(?![\t-\r])\p{Cc}/u.test(text) ? undefined : text;
  } catch {
    return undefined;
  }
}

/**
 * The characters of a text, or the bytes of what is none in hexadecimal.
 *
 * @param bits of each byte. @param call of each byte.
 */
export function charactersOf(bytes: Uint8Array, bits: readonly number[], call: readonly number[]): Character[] {
  const text = textOf(bytes);
  const shown = text === undefined ? Array.from(bytes, (byte) => `${byte.toString(16).padStart(2, '0')} `) : [...text];
  const encoder = new TextEncoder();
  let at = 0;
  return shown.map((character) => {
    const end = at + (text === undefined ? 1 : encoder.encode(character).length);
    let [sum, last] = [0, 0];
    for (; at < end; at++) {
      sum += bits[at] ?? 0;
      last = Math.max(last, call[at] ?? 0);
    }
    return { shown: character, bits: sum, call: last };
  });
}

/** From how many bits on a character has the next colour. */
export const HEAT: readonly number[] = [0.1, 0.5, 1, 2, 3, 5, 8];

/** Which of the colours, from 0, so many bits have. */
export function heatOf(bits: number): number {
  const found = HEAT.findIndex((from) => bits < from);
  return found === -1 ? HEAT.length : found;
}
