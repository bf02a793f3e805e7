import { quickLength } from './brotli.js';

/**
 * Original bytes of a segment, all but the last of a file. Segments are coded in parallel and know nothing of each
 * other; a decoder needs up to about 120 times their length in memory (some 50 bytes for every position, 8 tables of 1 MiB, and for mixing
 * 2 MiB per context and 4 MiB more), so it refuses longer ARDM segments.
 */
export const SEGMENT_LENGTH = 2 ** 19;

/** Views of `bytes`, in order, each of SEGMENT_LENGTH bytes but the last; one empty segment if there are no bytes. */
export function splitSegments(bytes: Uint8Array): Uint8Array[] {
  const segments: Uint8Array[] = [];
  for (let start = 0; start < bytes.length; start += SEGMENT_LENGTH) {
    segments.push(bytes.subarray(start, start + SEGMENT_LENGTH));
  }
  return segments.length > 0 ? segments : [bytes];
}

/** Lengths from and below which two halves are tried: shorter files are soon done on one core, longer ones keep several busy anyway. */
const SHORTEST_HALVED = 196_608;
const LONGEST_HALVED = 2 * SEGMENT_LENGTH;

/**
 * Part by which a quick brotli's bytes may grow when a file is cut in the middle, so that ARDM's grow by some 0.5 % at most. Measured with
 * text-2: its bytes grew by 0.3 to 0.7 times as much as brotli's on prose and JSON, 0.9 to 1.4 times as much on tables, HTML and C.
 */
const HALVING_LOSS = 1 / 256;

/**
 * The segments of a file for ARDM: those of `splitSegments`, or two halves, which two cores code and decode at once, where that costs
 * hardly a byte. It depends on the bytes and on what brotli makes of them: servers whose Nodes have the same brotli make the same archive, and all
 * decode all.
 *
 * @throws WorkAbandoned, or the signal's reason if it is an ArdmError.
 */
export async function balancedSegments(bytes: Uint8Array, signal: AbortSignal): Promise<Uint8Array[]> {
  const usual = splitSegments(bytes);
  if (bytes.length < SHORTEST_HALVED || bytes.length >= LONGEST_HALVED) return usual;
  const middle = bytes.length >> 1;
  const halves = [bytes.subarray(0, middle), bytes.subarray(middle)];
  const length = async (parts: readonly Uint8Array[]): Promise<number> => {
    const lengths = await Promise.all(parts.map((part) => quickLength(part, signal)));
    return lengths.reduce((sum, each) => sum + each, 0);
  };
  const [whole, halved] = await Promise.all([length(usual), length(halves)]);
  return halved <= whole * (1 + HALVING_LOSS) ? halves : usual;
}
