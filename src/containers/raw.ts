import { plainGeometry, readPlainGeometry, samplesOf } from './geometry.js';
import { joined } from './parts.js';
import { bytesOfFrame, readSoundGeometry, soundGeometry } from './sound.js';
import type { ContainerKind, Content, Extent, Opened, Sound } from './types.js';

/** Samples without a file around them: never found by looking, only where a caller says what they are. */
function samplesAlone(number: number, content: (geometry: Uint8Array) => Content): ContainerKind {
  return {
    number,
    name: 'raw',
    content,
    open: async () => undefined,
    close: async ({ samples, rest }, length) => joined([samples, rest], length),
  };
}

export const raw = samplesAlone(3, (geometry) => ({ picture: readPlainGeometry(geometry) }));
export const rawSound = samplesAlone(10, (geometry) => ({ sound: readSoundGeometry(geometry) }));

/** Pixels of this extent, row after row; undefined if the file has more or fewer bytes. It has no rest: the samples are the file. */
export function openRaw(file: Uint8Array, picture: Extent): Opened | undefined {
  if (samplesOf(picture) !== file.length) return undefined;
  const geometry = plainGeometry(picture);
  return { number: raw.number, geometry, content: { picture }, samples: file, rest: new Uint8Array() };
}

/** Samples of sound, frame after frame; undefined if the file has none, or a part of a frame. The samples are the file. */
export function openRawSound(file: Uint8Array, pcm: Omit<Sound, 'frames'>): Opened | undefined {
  const sound = { ...pcm, frames: file.length / bytesOfFrame(pcm) };
  if (sound.frames < 1 || !Number.isInteger(sound.frames)) return undefined;
  const geometry = soundGeometry(sound);
  return { number: rawSound.number, geometry, content: { sound }, samples: file, rest: new Uint8Array() };
}
