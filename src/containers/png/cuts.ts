import { DamagedContainerError } from '../errors.js';
import { CHUNK_OVERHEAD, MAX_CHUNK } from './chunks.js';

/** How a zlib stream lies in chunks: in one, in pieces of one length but for the last, or in any. */
export type CutRule = 'uncut' | { readonly every: number } | { readonly lengths: readonly number[] };

/** @param lengths of the chunks' data, in order; at least one. */
export function cutRule(lengths: readonly number[]): CutRule {
  const [every = 0] = lengths;
  const last = lengths.at(-1) ?? 0;
  if (lengths.length === 1) return 'uncut';
  const even =
    every > 0 &&
    last > 0 &&
    last <= every &&
    lengths.every((length, i) => length === every || i === lengths.length - 1);
  return even ? { every } : { lengths };
}

/** @param most bytes of all chunks. @throws DamagedContainerError if the rule does not fit the stream. */
export function cut(stream: Uint8Array, rule: CutRule, most: number): Uint8Array[] {
  if (rule === 'uncut') return [stream];
  if ('lengths' in rule) {
    let at = 0;
    const pieces = rule.lengths.map((length) => {
      const start = at;
      at += length;
      return stream.subarray(start, at);
    });
    if (at !== stream.length || rule.lengths.some((length) => length > MAX_CHUNK)) {
      throw new DamagedContainerError('its cuts do not fit');
    }
    return pieces;
  }
  const count = Math.ceil(stream.length / rule.every);
  // Before they are made: a cut at every byte makes thirteen bytes of one.
  if (!(stream.length + count * CHUNK_OVERHEAD <= most))
    throw new DamagedContainerError('its cuts make too many bytes');
  return Array.from({ length: count }, (_, i) => stream.subarray(i * rule.every, (i + 1) * rule.every));
}
