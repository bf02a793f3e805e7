import { bytesThere, firstChunks, lettersAt } from './chunks.js';
import { headed } from './headed.js';
import { bitsOf, bytesOfFrame, bytesOfSound } from './sound.js';
import type { SampleFormat, Sound } from './types.js';

const HEAD = 44;
/** Those before "data": writers put other chunks there. */
const FRONT = 36;
/** Bytes of a chunk "fmt " of the plain kind, and of WAVE_FORMAT_EXTENSIBLE, where the first two bytes of the subformat say what the tag does else. */
const PLAIN = 16;
const EXTENSIBLE = 40;
const SUBFORMAT = 24;

const PCM = 1;
const IS_EXTENSIBLE = 0xfffe;
/** In place of a size that the chunk "ds64" has in 64 bits (RF64, BW64: EBU Tech 3306, ITU-R BS.2088). */
const SEE_DS64 = 0xffff_ffff;

const FORMATS: Readonly<Record<number, SampleFormat>> = { 1: 'u8', 2: 's16le', 3: 's24le' };

/** WAV: PCM of 8, 16 and 24 bits, also in RF64 and BW64. */
export const wav = headed({
  number: 8,
  name: 'wav',
  front: FRONT,

  usualHead(sound: Sound, fileLength: number): Uint8Array {
    const head = Buffer.alloc(HEAD);
    head.write('RIFF    WAVEfmt ', 'latin1');
    head.writeUInt32LE((fileLength - 8) >>> 0, 4);
    head.writeUInt32LE(PLAIN, 16);
    head.writeUInt16LE(PCM, 20);
    head.writeUInt16LE(sound.channels, 22);
    head.writeUInt32LE(sound.rate, 24);
    head.writeUInt32LE((sound.rate * bytesOfFrame(sound)) >>> 0, 28);
    head.writeUInt16LE(bytesOfFrame(sound), 32);
    head.writeUInt16LE(bitsOf(sound.format), 34);
    head.write('data', 36, 'latin1');
    head.writeUInt32LE(bytesOfSound(sound) >>> 0, 40);
    return head;
  },

  find(file) {
    if (!['RIFF', 'RF64', 'BW64'].includes(lettersAt(file, 0)) || lettersAt(file, 8) !== 'WAVE') return undefined;
    const chunks = firstChunks(file, 12, true, ['fmt ', 'data']);
    const [said, data] = [chunks.get('fmt '), chunks.get('data')];
    if (!said || !data || said.size < PLAIN || said.start + said.size > file.length) return undefined;
    const view = new DataView(file.buffer, file.byteOffset, file.length);
    const field = (offset: number): number => view.getUint16(said.start + offset, true);
    const tag = field(0) === IS_EXTENSIBLE && said.size >= EXTENSIBLE ? field(SUBFORMAT) : field(0);
    const [channels, rate, frame, bits] = [field(2), view.getUint32(said.start + 4, true), field(12), field(14)];
    const bytes = Math.ceil(bits / 8);
    const format = FORMATS[bytes];
    if (tag !== PCM || !format || frame !== bytes * channels) return undefined;
    const size = data.size === SEE_DS64 ? (longSize(view, chunks.get('ds64')) ?? data.size) : data.size;
    return { format, channels, rate, start: data.start, length: bytesThere(size, file.length - data.start) };
  },
});

/** The size of the chunk "data" as "ds64" has it. */
function longSize(view: DataView, ds64: { readonly start: number; readonly size: number } | undefined) {
  if (!ds64 || ds64.size < 16 || ds64.start + ds64.size > view.byteLength) return undefined;
  return Number(view.getBigUint64(ds64.start + 8, true));
}
