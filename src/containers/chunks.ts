/** A chunk of an IFF file: four letters, a size, and so many bytes. */
export interface Chunk {
  /** Offset of its first byte behind letters and size. */
  readonly start: number;
  /** As it says itself: it may reach beyond the file. */
  readonly size: number;
}

const HEADER = 8;
/** No writer makes so many; a file that seems to have more is not gone through to its end. */
const MOST_CHUNKS = 1024;

/**
 * The first chunk of each name, as far as they follow one another; the last may reach beyond the file. A byte follows an odd number of bytes
 * (EA IFF 85; RIFF); writers that forget it are understood where one that is `expected` comes next.
 *
 * @param from offset of the first chunk. @param littleEndian of sizes: RIFF's are, IFF's are not.
 */
export function firstChunks(
  file: Uint8Array,
  from: number,
  littleEndian: boolean,
  expected: readonly string[],
): ReadonlyMap<string, Chunk> {
  const view = new DataView(file.buffer, file.byteOffset, file.length);
  const chunks = new Map<string, Chunk>();
  let at = from;
  for (let count = 0; count < MOST_CHUNKS && at + HEADER <= file.length; count++) {
    const name = lettersAt(file, at);
    const chunk = { start: at + HEADER, size: view.getUint32(at + 4, littleEndian) };
    if (!chunks.has(name)) chunks.set(name, chunk);
    at = chunk.start + chunk.size;
    if (chunk.size % 2 === 1 && !expected.includes(lettersAt(file, at))) at++;
  }
  return chunks;
}

/** Four letters, fewer at the end of the file. */
export function lettersAt(file: Uint8Array, at: number): string {
  return String.fromCharCode(...file.subarray(at, at + 4));
}

/**
 * How many of a chunk's bytes are there. Who writes without knowing the length, or is cut off, leaves a size of 0, the largest, or one
 * beyond the file: then it is all the rest.
 *
 * @param room bytes from its start to the end of the file.
 */
export function bytesThere(size: number, room: number): number {
  return size === 0 || size > room ? room : size;
}
