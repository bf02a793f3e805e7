import { plainGeometry, readPlainGeometry, samplesOf } from './geometry.js';
import { joined } from './parts.js';
import type { ContainerKind, Extent, Opened } from './types.js';

/** Samples without a file around them: never found by looking, only where a caller says what they are. */
export const raw: ContainerKind = {
  number: 3,
  name: 'raw',
  content: (geometry) => ({ picture: readPlainGeometry(geometry) }),
  open: async () => undefined,
  close: async ({ samples, rest }, length) => joined([samples, rest], length),
};

/** Pixels of this extent, row after row; undefined if the file has more or fewer bytes. It has no rest: the samples are the file. */
export function openRaw(file: Uint8Array, picture: Extent): Opened | undefined {
  if (samplesOf(picture) !== file.length) return undefined;
  const geometry = plainGeometry(picture);
  return { number: raw.number, geometry, content: { picture }, samples: file, rest: new Uint8Array() };
}
