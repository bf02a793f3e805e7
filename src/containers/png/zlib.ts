import { deflate, hintOf, inflate, readZlibHeader, type Setting, settingOf, zlibHeader } from '../deflate.js';
import { DamagedContainerError } from '../errors.js';
import type { Pause, Work } from '../types.js';
import { u32 } from './chunks.js';

/** Bytes of a zlib stream (RFC 1950) before and behind its deflate stream. */
const HEADER_LENGTH = 2;
const CHECK_LENGTH = 4;

/** The two bytes before a deflate stream: as libpng or zlib writes them, or others. */
export type HeaderRule = 'shrunk' | 'of-window' | { readonly bytes: Uint8Array };

/** What the engine makes a zlib stream of. */
export interface Inflated {
  readonly data: Uint8Array;
  readonly setting: Setting;
  readonly header: HeaderRule;
}

/** @param length of what the stream holds. @returns undefined if it does not, if that is too much, or if the engine does not make the stream. */
export async function openZlib(
  stream: Uint8Array,
  length: number,
  { maxSamples, pause }: Work,
): Promise<Inflated | undefined> {
  const header = readZlibHeader(stream);
  const end = stream.length - CHECK_LENGTH;
  if (!header || length > maxSamples || end < HEADER_LENGTH) return undefined;
  const deflated = stream.subarray(HEADER_LENGTH, end);
  const inflated = await inflate(deflated, length, pause);
  if (inflated?.taken !== deflated.length) return undefined;
  const { data } = inflated;
  if (Buffer.compare(await check(data, pause), stream.subarray(end)) !== 0) return undefined;
  const setting = await settingOf(data, deflated, header, pause);
  return setting && { data, setting, header: headerRule(stream, setting, length) };
}

/** @param most bytes of the stream: more are never made. @throws DamagedContainerError */
export async function closeZlib({ data, setting, header }: Inflated, most: number, pause: Pause): Promise<Uint8Array> {
  const pieces = [headerAgain(header, setting, data.length)];
  let made = HEADER_LENGTH + CHECK_LENGTH;
  for (const piece of deflate(data, setting)) {
    pieces.push(piece);
    made += piece.length;
    if (made > most) throw new DamagedContainerError('it makes too many bytes');
    await pause();
  }
  pieces.push(await check(data, pause));
  return Buffer.concat(pieces);
}

function headerRule(stream: Uint8Array, setting: Setting, length: number): HeaderRule {
  const bytes = stream.subarray(0, HEADER_LENGTH);
  const rules = ['shrunk', 'of-window'] as const;
  return rules.find((rule) => Buffer.compare(headerAgain(rule, setting, length), bytes) === 0) ?? { bytes };
}

function headerAgain(rule: HeaderRule, setting: Setting, length: number): Uint8Array {
  if (typeof rule === 'object') return rule.bytes;
  const windowBits = rule === 'shrunk' ? shrunk(setting.windowBits, length) : setting.windowBits;
  return zlibHeader({ windowBits, hint: hintOf(setting) });
}

/** What libpng says of the window: none of 16 KiB or less is larger than it must be. */
function shrunk(windowBits: number, length: number): number {
  let bits = windowBits;
  if (length <= 2 ** 14) while (bits > 8 && length <= 2 ** (bits - 1)) bits--;
  return bits;
}

const ADLER_MODULUS = 65521;
/** So many bytes add up to less than 2^32 before the modulus is taken; and are a piece of work. */
const ADLER_BYTES = 5552;
const ADLER_PAUSE = 64;

/** Adler-32 (RFC 1950), big-endian. */
async function check(data: Uint8Array, pause: Pause): Promise<Uint8Array> {
  let [a, b] = [1, 0];
  for (let start = 0, count = 0; start < data.length; start += ADLER_BYTES, count++) {
    if (count % ADLER_PAUSE === 0) await pause();
    const end = Math.min(data.length, start + ADLER_BYTES);
    for (let at = start; at < end; at++) {
      a += data[at] as number;
      b += a;
    }
    a %= ADLER_MODULUS;
    b %= ADLER_MODULUS;
  }
  return u32(b * 65536 + a);
}
