import { throwIfAbandoned } from './abandon.js';
import { entropy } from './dense.js';
import { Turns } from './turns.js';

/** Bytes that are looked at together; a shorter rest belongs to the last of them. */
const BLOCK = 2 ** 10;

/**
 * Which halves of which bytes are compared: bits that the earlier byte and the later one are shifted by, and their distance. They are what contexts
 * of a model of bytes see, and samples of sound and pictures of up to eight bytes; lower halves see packed digits and products modulo a power of two.
 */
const PAIRS: readonly (readonly [shiftBefore: number, shiftAfter: number, distance: number])[] = [
  [4, 4, 1],
  [4, 4, 2],
  [4, 4, 3],
  [4, 4, 4],
  [4, 4, 6],
  [4, 4, 8],
  [0, 0, 1],
  [0, 0, 2],
  [0, 0, 4],
  [0, 4, 1],
];

/** Bits a byte below which a block's structure is chance: in 1 KiB of random bytes what is found varies by 0.015 (standard deviation). */
const CHANCE = 0.1;

/** n log2 n. */
const TERMS = Float64Array.from({ length: 2 * BLOCK }, (_, n) => (n === 0 ? 0 : n * Math.log2(n)));

/**
 * Bytes that the structure of an input is worth, by simple statistics alone, block by block: how much less than 8 bits its bytes take by
 * their frequencies, and how much half of a byte says of half of one near by (mutual information). Both are nothing in
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
  const dependent = Math.max(...PAIRS.map((pair) => dependence(block, ...pair)));
  if (uneven <= CHANCE && dependent <= CHANCE) return 0;
  return Math.min(8, Math.max(0, uneven) + Math.max(0, dependent));
}

/** Bits by which the entropy of single bytes is less than that of random ones. */
function unevenness(block: Uint8Array): number {
  return 8 - entropy(block) - byChance(255, block.length);
}

/** Bits that half of a byte and half of the byte at a distance after it say of each other, less those that they say by chance. */
function dependence(block: Uint8Array, shiftBefore: number, shiftAfter: number, distance: number): number {
  const pairs = new Uint32Array(256);
  for (let at = distance; at < block.length; at++) {
    const before = ((block[at - distance] as number) >> shiftBefore) & 15;
    const pair = (before << 4) | (((block[at] as number) >> shiftAfter) & 15);
    pairs[pair] = (pairs[pair] as number) + 1;
  }
  const [befores, afters] = [new Uint32Array(16), new Uint32Array(16)];
  for (let pair = 0; pair < 256; pair++) {
    const count = pairs[pair] as number;
    befores[pair >> 4] = (befores[pair >> 4] as number) + count;
    afters[pair & 15] = (afters[pair & 15] as number) + count;
  }
  const count = block.length - distance;
  const [alone, together] = [entropyOf(befores, count) + entropyOf(afters, count), entropyOf(pairs, count)];
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
