import { ByteReader } from '../archive/byte-reader.js';
import { ByteWriter } from '../archive/byte-writer.js';
import { exclusiveOr, joined, ofRest } from './parts.js';
import { bytesOfFrame, bytesOfSound, MOST_CHANNELS, readSoundGeometry, soundGeometry } from './sound.js';
import type { ContainerKind, Sound } from './types.js';

/** The sound that a file holds, and where its samples are. */
export interface Found extends Omit<Sound, 'frames'> {
  /** Offset of the first sample. */
  readonly start: number;
  /** Bytes of samples, and perhaps of a frame that is not whole. */
  readonly length: number;
}

/** A kind of file that is a head, samples, and what trails them: FORMAT.md, section 15. */
export interface HeadedKind {
  readonly number: number;
  readonly name: string;
  /** Bytes of the usual head that stand at the start of a longer one; the others stand at its end. */
  readonly front: number;
  /** The head of a plain file of so many bytes that ends in its samples. */
  usualHead(sound: Sound, fileLength: number): Uint8Array;
  /** What a file holds; undefined if it is of another kind, or of samples that there is no format for. */
  find(file: Uint8Array): Found | undefined;
}

export function headed({ number, name, front, usualHead, find }: HeadedKind): ContainerKind {
  return {
    number,
    name,

    content: (geometry) => ({ sound: readSoundGeometry(geometry) }),

    async open(file, { maxSamples }) {
      const found = find(file);
      if (!found || found.channels < 1 || found.channels > MOST_CHANNELS) return undefined;
      const { format, channels, rate, start } = found;
      const frames = Math.floor(found.length / bytesOfFrame(found));
      const sound = { format, channels, rate, frames };
      const end = start + bytesOfSound(sound);
      if (frames < 1 || end - start > maxSamples) return undefined;
      const parts = { head: file.subarray(0, start), trailing: file.subarray(end) };
      const rest = restOf(parts, usualHead(sound, file.length), front);
      return { geometry: soundGeometry(sound), content: { sound }, samples: file.subarray(start, end), rest };
    },

    async close({ geometry, samples, rest }, length) {
      const usual = usualHead(readSoundGeometry(geometry), length);
      if (rest.length === 0) return joined([usual, samples], length);
      const reader = new ByteReader(rest, 0);
      const head = ofRest(() => reader.take(reader.varint()));
      const trailing = reader.take(reader.remaining);
      return joined([head.length > 0 ? lessUsual(head, usual, front) : usual, samples, trailing], length);
    },
  };
}

function restOf(
  { head, trailing }: { readonly head: Uint8Array; readonly trailing: Uint8Array },
  usual: Uint8Array,
  front: number,
): Uint8Array {
  const isUsual = Buffer.compare(head, usual) === 0;
  if (isUsual && trailing.length === 0) return new Uint8Array();
  const kept = isUsual ? new Uint8Array() : lessUsual(head, usual, front);
  const length = new ByteWriter();
  length.varint(kept.length);
  return Buffer.concat([length.toBytes(), kept, trailing]);
}

/** A head less what it has in common with the usual one; and, of that, the head. A shorter head stays as it is. */
function lessUsual(head: Uint8Array, usual: Uint8Array, front: number): Uint8Array {
  if (head.length < usual.length) return head;
  const stretched = new Uint8Array(head.length);
  stretched.set(usual.subarray(0, front));
  stretched.set(usual.subarray(front), head.length - usual.length + front);
  return exclusiveOr(head, stretched);
}
