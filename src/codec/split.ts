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
