import { mapLimited } from './map-limited.js';

/** Bytes that are looked at together; a shorter rest belongs to the last of them. */
const BLOCK = 2 ** 14;

/** Shortest run of dense blocks that is worth a segment of its own, since what follows it has to learn anew. */
const SHORTEST_RUN = 2 ** 16;

/** Bits a byte from which on a block is dense: prose has 4 to 5, machine code 6 to 7, compressed formats 7.6 to 8. */
const DENSE = 7.5;

/** Bytes `start .. end` of an input. */
export interface Stretch {
  readonly start: number;
  readonly end: number;
  /** Whether each value of a byte is about as frequent as any other: compressed, encrypted or random, or rarely something else. */
  readonly dense: boolean;
}

/**
 * Cuts an input where dense bytes begin or end: the photographs of a tar, say. Only byte frequencies are looked at, a millisecond for each
 * MiB, so whoever means to give a dense stretch up should try it first. An input of less than a block is not looked at.
 *
 * @returns stretches that join to the input, dense and others in turn; dense ones have at least 64 KiB, or are the whole.
 */
export async function denseStretches(input: Uint8Array, signal: AbortSignal): Promise<Stretch[]> {
  const blocks = Array.from({ length: Math.floor(input.length / BLOCK) }, (_, i) => i * BLOCK);
  if (blocks.length === 0) return [{ start: 0, end: input.length, dense: false }];
  const endOf = (start: number): number => (start + 2 * BLOCK > input.length ? input.length : start + BLOCK);
  const looked = await mapLimited(1, signal, blocks, async (start) => {
    const end = endOf(start);
    return { start, end, dense: entropy(input.subarray(start, end)) >= DENSE };
  });
  const runs = joined(looked);
  if (runs.length === 1) return runs;
  return joined(runs.map((run) => ({ ...run, dense: run.dense && run.end - run.start >= SHORTEST_RUN })));
}

/** Neighbours of one sort as one stretch. */
export function joined(stretches: readonly Stretch[]): Stretch[] {
  const result: Stretch[] = [];
  for (const stretch of stretches) {
    const last = result.at(-1);
    if (last?.dense === stretch.dense) result[result.length - 1] = { ...last, end: stretch.end };
    else result.push(stretch);
  }
  return result;
}

/** A stretch in parts of nearly equal length, each of at most `most` bytes. */
export function inParts({ start, end, dense }: Stretch, most: number): Stretch[] {
  const count = Math.ceil((end - start) / most);
  const cut = (i: number): number => start + Math.floor(((end - start) * i) / count);
  return Array.from({ length: count }, (_, i) => ({ start: cut(i), end: cut(i + 1), dense }));
}

/** Bits a byte that a code for its value alone would take. It decides no coded bit, only what is tried. */
export function entropy(bytes: Uint8Array): number {
  const counts = new Uint32Array(256);
  for (const byte of bytes) counts[byte] = (counts[byte] as number) + 1;
  let bits = 0;
  for (const count of counts) if (count > 0) bits += count * Math.log2(bytes.length / count);
  return bits / bytes.length;
}
