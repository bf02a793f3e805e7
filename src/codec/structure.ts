import { throwIfAbandoned } from './abandon.js';
import { Turns } from './turns.js';

/** Bytes that are looked at together; a shorter rest belongs to the last of them. */
const BLOCK = 2 ** 10;

/** Distances at which bytes are compared: what contexts of a model of bytes see, and samples of sound and pictures of up to eight bytes. */
const DISTANCES = [1, 2, 3, 4, 6, 8] as const;

/** Bits a byte below which a block's structure is chance: in 1 KiB of random bytes what is found varies by 0.015 (standard deviation). */
const CHANCE = 0.1;

/** n log2 n. */
const TERMS = Float64Array.from({ length: 2 * BLOCK }, (_, n) => (n === 0 ? 0 : n * Math.log2(n)));

/**
 * Bytes that the structure of an input is worth, by simple statistics alone, block by block: how much less than 8 bits its bytes take by
 * their frequencies, and how much the upper half of a byte says of the upper half of one near by (mutual information). Both are nothing in
 * random bytes, and next to nothing in what was compressed or encrypted. What repeats itself from further away is not seen.
 *
 * It is floating-point arithmetic, and decides no coded bit, only what is tried. A MiB takes some 50 ms, less where there is much structure.
 *
 * @param most where they are more than that, it is not looked further.
 * @throws WorkAbandoned, or the signal's reason if it is an ArdmError.
 */
export async function structureIn(bytes: Uint8Array, most: number, signal: AbortSignal): Promise<number> {
  const turns = new Turns();
  const last = Math.max(1, Math.floor(bytes.length / BLOCK)) - 1;
  let worth = 0;
  for (let i = 0; i <= last && worth <= most; i++) {
    throwIfAbandoned(signal);
    const block = bytes.subarray(i * BLOCK, i === last ? bytes.length : (i + 1) * BLOCK);
    worth += (block.length * bitsOf(block)) / 8;
    await turns.give();
  }
  return worth;
}

/** Bits a byte that the structure of a block is worth; 0 where that may be chance. */
function bitsOf(block: Uint8Array): number {
  const uneven = unevenness(block);
  const dependent = Math.max(...DISTANCES.map((distance) => dependence(block, distance)));
  if (uneven <= CHANCE && dependent <= CHANCE) return 0;
  return Math.min(8, Math.max(0, uneven) + Math.max(0, dependent));
}

/** Bits by which the entropy of single bytes is less than that of random ones. */
function unevenness(block: Uint8Array): number {
  const counts = new Uint32Array(256);
  for (const byte of block) counts[byte] = (counts[byte] as number) + 1;
  return 8 - entropyOf(counts, block.length) - byChance(255, block.length);
}

/** Bits that the upper half of a byte and that of the byte at a distance before it say of each other, less those that they say by chance. */
function dependence(block: Uint8Array, distance: number): number {
  const pairs = new Uint32Array(256);
  const [before, after] = [new Uint32Array(16), new Uint32Array(16)];
  for (let at = distance; at < block.length; at++) {
    const first = (block[at - distance] as number) >> 4;
    const second = (block[at] as number) >> 4;
    const pair = (first << 4) | second;
    pairs[pair] = (pairs[pair] as number) + 1;
    before[first] = (before[first] as number) + 1;
    after[second] = (after[second] as number) + 1;
  }
  const count = block.length - distance;
  const [alone, together] = [entropyOf(before, count) + entropyOf(after, count), entropyOf(pairs, count)];
  return alone - together - byChance(15 * 15, count);
}

/** Bits that counts seem to be worth where nothing but chance made them uneven (Miller and Madow's correction). */
function byChance(freedom: number, count: number): number {
  return freedom / (2 * Math.LN2 * count);
}

function entropyOf(counts: Uint32Array, count: number): number {
  let terms = 0;
  for (const each of counts) terms += TERMS[each] as number;
  return Math.log2(count) - terms / count;
}
