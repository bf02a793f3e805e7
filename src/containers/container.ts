import { ChecksumMismatchError, UnsupportedFeatureError } from '../archive/errors.js';
import { aiff } from './aiff.js';
import { bmp } from './bmp.js';
import { DamagedContainerError } from './errors.js';
import { samplesOf } from './geometry.js';
import { png } from './png/png.js';
import { pnm } from './pnm.js';
import { raw, rawSound } from './raw.js';
import { bytesOfSound } from './sound.js';
import type { ContainerId, ContainerKind, Content, Opened, Pause, Work } from './types.js';
import { wav } from './wav.js';

const KINDS: readonly ContainerKind[] = [png, pnm, bmp, wav, aiff, raw, rawSound];

/**
 * A file taken apart, found out by looking at its bytes. It is proven: `close` has made the file of the parts again.
 *
 * @returns undefined if the file is of no kind that is known, cannot be made again, or has more samples than `work` allows.
 * @throws only what `work.pause` throws.
 */
export async function open(file: Uint8Array, work: Work): Promise<Opened | undefined> {
  for (const kind of KINDS) {
    const parts = await kind.open(file, work);
    if (parts && (await isProven(kind, parts, file, work.pause))) return { number: kind.number, ...parts };
  }
  return undefined;
}

/**
 * What the samples of a container are: to be asked, and to be judged, before anything is decoded.
 *
 * @throws UnsupportedFeatureError if this reader does not know the container, or its deflate engine; DamagedHeaderError if no writer says such a geometry.
 */
export function contentOf({ number, geometry }: ContainerId): Content {
  return kindOf(number).content(geometry);
}

/** Its name, where this reader knows it. */
export function nameOf({ number }: Pick<ContainerId, 'number'>): string | undefined {
  return KINDS.find((known) => known.number === number)?.name;
}

/**
 * The file that `open` took apart, whose checksum is the caller's to compare.
 *
 * @param length what the archive says of the file: bytes. Nothing longer is made; memory is bounded by it and the samples.
 * @throws as `contentOf`; ChecksumMismatchError if the parts make no file of this length; what `pause` throws.
 */
export async function close(
  { number, geometry, samples, rest }: Omit<Opened, 'content'>,
  length: number,
  pause: Pause,
): Promise<Uint8Array> {
  const kind = kindOf(number);
  const { picture, sound } = kind.content(geometry);
  const expected = picture ? samplesOf(picture) : sound ? bytesOfSound(sound) : samples.length;
  if (expected !== samples.length) throw new ChecksumMismatchError();
  try {
    return await kind.close({ geometry, samples, rest }, length, pause);
  } catch (error) {
    throw error instanceof DamagedContainerError ? new ChecksumMismatchError() : error;
  }
}

function kindOf(number: number): ContainerKind {
  const kind = KINDS.find((known) => known.number === number);
  if (!kind) throw new UnsupportedFeatureError(`container ${number}`);
  return kind;
}

async function isProven(
  kind: ContainerKind,
  parts: Omit<Opened, 'number'>,
  file: Uint8Array,
  pause: Pause,
): Promise<boolean> {
  try {
    return Buffer.compare(await kind.close(parts, file.length, pause), file) === 0;
  } catch (error) {
    if (error instanceof DamagedContainerError) return false;
    throw error;
  }
}
