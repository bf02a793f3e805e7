import type { Extent } from './api.js';

/** For every pixel, the nearest one (in steps to the side, up and down) that is known after so many calls; -1 where none is. */
export function nearestKnown(call: readonly number[], { width, height }: Extent, calls: number): Int32Array {
  const from = new Int32Array(width * height).fill(-1);
  const queue = new Uint32Array(width * height);
  let end = 0;
  for (let i = 0; i < from.length; i++) {
    if ((call[i] ?? 0) >= calls) continue;
    from[i] = i;
    queue[end++] = i;
  }
  for (let begin = 0; begin < end; begin++) {
    const i = queue[begin] ?? 0;
    const x = i % width;
    for (const next of [x > 0 ? i - 1 : -1, x < width - 1 ? i + 1 : -1, i - width, i + width]) {
      if (next < 0 || next >= from.length || from[next] !== -1) continue;
      from[next] = from[i] ?? 0;
      queue[end++] = next;
    }
  }
  return from;
}
