/** A file of a benchmark; `name` is its path below the folder of its kind. */
export interface NamedFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** `count` of the items, evenly spaced; all of them where there are no more. */
export function evenly<T>(items: readonly T[], count: number): T[] {
  if (count >= items.length) return [...items];
  return Array.from({ length: count }, (_, i) => items[Math.floor(((i + 0.5) * items.length) / count)] as T);
}

/** `count` pieces of `size` bytes, evenly spaced over a file. */
export function piecesOf(bytes: Uint8Array, size: number, count: number): Uint8Array[] {
  const room = bytes.length - size;
  if (room < 0) return [];
  return Array.from({ length: count }, (_, i) => {
    const at = Math.floor((room * (i + 0.5)) / count);
    return bytes.subarray(at, at + size);
  });
}

/**
 * How many of `count` pieces every file gives: each as many as every other, as far as it has room, so that a long file
 * weighs no more than a short one. Where not all can give one more, evenly spaced ones do.
 *
 * @param rooms pieces that each file can give.
 */
export function shares(rooms: readonly number[], count: number): number[] {
  const given = rooms.map(() => 0);
  for (let left = count; left > 0; ) {
    const open = rooms.flatMap((room, i) => ((given[i] as number) < room ? [i] : []));
    if (open.length === 0) break;
    for (const i of evenly(open, left)) {
      given[i] = (given[i] as number) + 1;
      left--;
    }
  }
  return given;
}

/** `count` pieces of `size` bytes, or fewer, of files that weigh alike; those of one file do not overlap. */
export function samplesOf(files: readonly NamedFile[], size: number, count: number): NamedFile[] {
  const rooms = files.map(({ bytes }) => (bytes.length < size ? 0 : Math.max(1, Math.floor(bytes.length / size) - 1)));
  const given = shares(rooms, count);
  return files.flatMap(({ name, bytes }, i) =>
    piecesOf(bytes, size, given[i] as number).map((piece) => ({ name, bytes: piece })),
  );
}
