import { InvalidSamplesError } from './errors.js';

/** How one body is taken apart into samples. */
export type Split = 'auto' | 'json' | 'lines' | 'none';

/** Bytes of a sample of what has no parts of its own. */
const PIECE = 1_024;
const LINE_FEED = 10;

/**
 * The samples in a body: elements of a JSON array, lines (each a record of its own, without its line feed), or, of plain bytes, pieces of
 * 1,024. Empty lines are none.
 *
 * @throws InvalidSamplesError if `json` is asked for and it is neither an array nor a JSON value on every line.
 */
export function splitSamples(body: Uint8Array, split: Split): Uint8Array[] {
  if (split === 'none') return pieces(body);
  const elements = split === 'lines' ? undefined : elementsOf(body);
  if (elements) return elements;
  const found = lines(body);
  if (split === 'json' && !found.every(isJson)) {
    throw new InvalidSamplesError('The body is neither a JSON array nor JSON values, one a line. Ask for split=lines.');
  }
  return split === 'auto' && found.length === 1 ? pieces(body) : found;
}

function pieces(body: Uint8Array): Uint8Array[] {
  const count = Math.ceil(body.length / PIECE);
  return Array.from({ length: count }, (_, i) => body.subarray(i * PIECE, (i + 1) * PIECE));
}

function lines(body: Uint8Array): Uint8Array[] {
  const found: Uint8Array[] = [];
  for (let start = 0; start < body.length; ) {
    const feed = body.indexOf(LINE_FEED, start);
    const end = feed < 0 ? body.length : feed;
    const line = body.subarray(start, end);
    if (line.some((byte) => byte > 32)) found.push(line);
    start = end + 1;
  }
  return found;
}

function isJson(sample: Uint8Array): boolean {
  try {
    JSON.parse(Buffer.from(sample).toString());
    return true;
  } catch {
    return false;
  }
}

/** The bytes of each element of a JSON array as they stand there; undefined if it is none. */
function elementsOf(body: Uint8Array): Uint8Array[] | undefined {
  if (body.find((byte) => byte > 32) !== 0x5b || !isJson(body)) return undefined;
  const found: Uint8Array[] = [];
  let depth = 0;
  let start = -1;
  let end = -1;
  let inText = false;
  const close = (): void => {
    if (start >= 0) found.push(body.subarray(start, end));
    start = -1;
  };
  for (let i = 0; i < body.length; i++) {
    const byte = body[i] as number;
    if (inText) {
      if (byte === 0x5c) i++;
      else if (byte === 0x22) inText = false;
      end = i + 1;
      continue;
    }
    if (byte <= 32) continue;
    if (depth === 1 && byte === 0x2c) {
      close();
      continue;
    }
    if (byte === 0x5d || byte === 0x7d) depth--;
    if (depth === 0) {
      if (byte === 0x5d) close();
    } else {
      if (start < 0) start = i;
      end = i + 1;
    }
    if (byte === 0x22) inText = true;
    else if (byte === 0x5b || byte === 0x7b) depth++;
  }
  return found;
}
