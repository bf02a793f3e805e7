import { bytesThere, firstChunks, lettersAt } from './chunks.js';
import { headed } from './headed.js';
import { bitsOf, bytesOfSound, MOST_RATE } from './sound.js';
import type { SampleFormat, Sound } from './types.js';

const HEAD = 54;
/** Those before "COMM": writers put other chunks there. */
const FRONT = 12;
/** Bytes of a chunk "COMM" of AIFF; in AIFF-C four letters more say what the samples are. */
const COMM = 18;
/** Bytes in "SSND" before its samples: how many more are skipped, and the size of a block. */
const SSND = 8;

/** What the exponent of a number from 1 to 2 is, of 80 bits. */
const EXPONENT = 16_383;

const BIG_ENDIAN: Readonly<Record<number, SampleFormat>> = { 1: 's8', 2: 's16be', 3: 's24be' };
const LITTLE_ENDIAN: Readonly<Record<number, SampleFormat>> = { 1: 's8', 2: 's16le', 3: 's24le' };
/** Of AIFF-C, what is not compressed. */
const FORMATS = new Map([
  ['NONE', BIG_ENDIAN],
  ['twos', BIG_ENDIAN],
  ['sowt', LITTLE_ENDIAN],
]);

/** AIFF, and AIFF-C that is not compressed: PCM of 8, 16 and 24 bits. */
export const aiff = headed({
  number: 9,
  name: 'aiff',
  front: FRONT,

  usualHead(sound: Sound, fileLength: number): Uint8Array {
    const head = Buffer.alloc(HEAD);
    head.write('FORM    AIFFCOMM', 'latin1');
    head.writeUInt32BE((fileLength - 8) >>> 0, 4);
    head.writeUInt32BE(COMM, 16);
    head.writeUInt16BE(sound.channels, 20);
    head.writeUInt32BE(sound.frames >>> 0, 22);
    head.writeUInt16BE(bitsOf(sound.format), 26);
    writeRate(head, 28, sound.rate);
    head.write('SSND', 38, 'latin1');
    head.writeUInt32BE((bytesOfSound(sound) + SSND) >>> 0, 42);
    return head;
  },

  find(file) {
    const type = lettersAt(file, 8);
    if (lettersAt(file, 0) !== 'FORM' || (type !== 'AIFF' && type !== 'AIFC')) return undefined;
    const chunks = firstChunks(file, 12, false, ['COMM', 'SSND']);
    const [said, data] = [chunks.get('COMM'), chunks.get('SSND')];
    const least = type === 'AIFC' ? COMM + 4 : COMM;
    if (!said || !data || said.size < least || said.start + said.size > file.length) return undefined;
    const view = new DataView(file.buffer, file.byteOffset, file.length);
    const formats = type === 'AIFC' ? FORMATS.get(lettersAt(file, said.start + COMM)) : BIG_ENDIAN;
    const format = formats?.[Math.ceil(view.getUint16(said.start + 6) / 8)];
    const first = data.start + SSND;
    if (!format || first > file.length) return undefined;
    const start = first + view.getUint32(data.start);
    const end = data.start + bytesThere(data.size, file.length - data.start);
    return {
      format,
      channels: view.getUint16(said.start),
      rate: rateAt(view, said.start + 8),
      start,
      length: end - start,
    };
  },
});

/** An extended number of 80 bits without its fraction; 0 where it is no rate. */
function rateAt(view: DataView, at: number): number {
  const shift = EXPONENT + 63 - view.getUint16(at);
  if (shift < 32 || shift > 63) return 0;
  return Number(view.getBigUint64(at + 2) >> BigInt(shift));
}

function writeRate(head: Buffer, at: number, rate: number): void {
  if (rate < 1 || rate > MOST_RATE) return;
  const bits = 31 - Math.clz32(rate);
  head.writeUInt16BE(EXPONENT + bits, at);
  head.writeBigUInt64BE(BigInt(rate) << BigInt(63 - bits), at + 2);
}
