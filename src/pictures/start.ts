import { type Coding, LEVELS, MAPS, SAMPLES } from './coding.js';

/** Entries of a map's row, which stand in it twice. */
const ENTRIES = 256;
/** What a row adds up to before anything is learned, about. */
const MASS = 4096;

const made = new WeakMap<Coding, Uint8Array>();

/**
 * What a segment starts with, as it lies in the program's memory: estimates of the contexts, the sets of weights, the last weights, the rows of
 * the maps and their sums (`assembly/mixer.ts` reads them in this order). Made once: a small picture would notice.
 */
export function startOf(coding: Coding): Uint8Array {
  const known = made.get(coding);
  if (known) return known;
  const { history, historySeen, weights, final } = coding.mixing;
  const seen = historySeen.flat();
  const words = Uint32Array.from([
    ...history.flat().map((probability, i) => probability * 256 + (seen[i] as number)),
    ...weights[0].flat(),
    ...weights[1].flat(),
    ...final.flat(),
  ]);
  const { rows, sums } = mapsOf(coding);
  const mapsAt = 64 * Math.ceil(words.byteLength / 64);
  const bytes = new Uint8Array(mapsAt + rows.byteLength + sums.byteLength);
  bytes.set(new Uint8Array(words.buffer));
  bytes.set(new Uint8Array(rows.buffer), mapsAt);
  bytes.set(new Uint8Array(sums.buffer), mapsAt + rows.byteLength);
  made.set(coding, bytes);
  return bytes;
}

function mapsOf(coding: Coding): { rows: Uint16Array; sums: Uint32Array } {
  const rows = new Uint16Array(MAPS * SAMPLES * LEVELS * 2 * ENTRIES);
  const sums = new Uint32Array(MAPS * SAMPLES * LEVELS);
  for (const [number, scale] of coding.mixing.maps.flat(2).entries()) {
    const row = rowOf(coding, scale);
    rows.set(row, number * 2 * ENTRIES);
    rows.set(row, number * 2 * ENTRIES + ENTRIES);
    sums[number] = row.reduce((sum, count) => sum + count, 0);
  }
  return { rows, sums };
}

/** A logistic around 0, in entries modulo 256. */
function rowOf({ logistic, inverseScales }: Coding, scale: number): Uint16Array {
  const inverse = inverseScales[scale] as number;
  return Uint16Array.from({ length: ENTRIES }, (_, e) => {
    const residual = e < ENTRIES / 2 ? e : e - ENTRIES;
    const mass = below(logistic, inverse, residual + 1) - below(logistic, inverse, residual);
    return 1 + Math.floor((mass * MASS) / 65536);
  });
}

/** As `pictures.md`, section 6, has it for a mean of 0, without an end of the values. */
function below(logistic: readonly number[], inverse: number, bound: number): number {
  const z = Math.floor(((16 * bound - 8) * inverse) / 256) + 49152;
  if (z <= 0) return logistic[0] as number;
  if (z >= 98304) return logistic[384] as number;
  const i = z >> 8;
  const here = logistic[i] as number;
  return here + ((((logistic[i + 1] as number) - here) * (z & 255)) >> 8);
}
