import { texture } from './files.js';

/** What stands in a WAV or AIFF file besides its samples. */
export interface SoundPlan {
  readonly channels?: number;
  readonly bits?: number;
  readonly rate?: number;
  readonly samples: Uint8Array;
  /** In place of the size of the samples' chunk, and of the whole. */
  readonly size?: number;
  readonly whole?: number;
  /** Chunks before and after the samples: a name, and what they hold. */
  readonly before?: readonly (readonly [string, Uint8Array])[];
  readonly after?: readonly (readonly [string, Uint8Array])[];
  /** Of a chunk of an odd size: the byte that follows it, none if undefined. Default 0. */
  readonly pad?: number | undefined;
  readonly trailing?: Uint8Array;
}

export interface WavPlan extends SoundPlan {
  readonly magic?: 'RIFF' | 'RF64' | 'BW64';
  readonly tag?: number;
  /** A subformat: the header is of WAVE_FORMAT_EXTENSIBLE. */
  readonly extensible?: number;
  /** Bytes of a frame, where it is not what follows from the rest. */
  readonly frame?: number;
}

export interface AiffPlan extends SoundPlan {
  /** Four letters: the file is an AIFF-C. */
  readonly compression?: string;
  /** 10 bytes, hexadecimal; default: 8,000. */
  readonly rate80?: string;
  readonly frames?: number;
  /** Bytes between the samples and the start of their chunk. */
  readonly offset?: number;
  /** COMM stands behind the samples. */
  readonly late?: boolean;
}

function chunkOf(
  name: string,
  data: Uint8Array,
  bigEndian: boolean,
  { pad = 0, ...plan }: SoundPlan,
  size = data.length,
) {
  const head = Buffer.alloc(8);
  head.write(name, 'latin1');
  if (bigEndian) head.writeUInt32BE(size, 4);
  else head.writeUInt32LE(size, 4);
  const isPadded = data.length % 2 === 1 && !('pad' in plan && plan.pad === undefined);
  return Buffer.concat([head, data, Uint8Array.from(isPadded ? [pad] : [])]);
}

/** A WAV file, written from the specification and sharing nothing with src/containers. */
export function wavFile(plan: WavPlan): Uint8Array {
  const { channels = 1, bits = 16, rate = 8000, samples, magic = 'RIFF', extensible, before = [], after = [] } = plan;
  const { frame = channels * Math.ceil(bits / 8), tag = extensible === undefined ? 1 : 0xfffe } = plan;
  const said = Buffer.alloc(extensible === undefined ? 16 : 40);
  said.writeUInt16LE(tag, 0);
  said.writeUInt16LE(channels, 2);
  said.writeUInt32LE(rate, 4);
  said.writeUInt32LE(rate * frame, 8);
  said.writeUInt16LE(frame, 12);
  said.writeUInt16LE(bits, 14);
  if (extensible !== undefined) {
    said.writeUInt16LE(22, 16);
    said.writeUInt16LE(bits, 18);
    said.writeUInt16LE(extensible, 24);
    said.write('000000001000800000aa00389b71', 26, 'hex');
  }
  const chunk = (name: string, data: Uint8Array, size?: number): Buffer => chunkOf(name, data, false, plan, size);
  const body = Buffer.concat([
    ...before.map(([name, data]) => chunk(name, data)),
    chunk('fmt ', said),
    chunk('data', samples, plan.size),
    ...after.map(([name, data]) => chunk(name, data)),
  ]);
  const head = Buffer.alloc(12);
  head.write(`${magic}    WAVE`, 'latin1');
  head.writeUInt32LE(plan.whole ?? body.length + 4, 4);
  return new Uint8Array(Buffer.concat([head, body, plan.trailing ?? new Uint8Array()]));
}

/** An AIFF file, as `wavFile` makes WAV. */
export function aiffFile(plan: AiffPlan): Uint8Array {
  const { channels = 1, bits = 16, samples, compression, before = [], after = [], offset = 0, late = false } = plan;
  const frames = plan.frames ?? Math.floor(samples.length / (channels * Math.ceil(bits / 8)));
  const said = Buffer.alloc(18);
  said.writeUInt16BE(channels, 0);
  said.writeUInt32BE(frames, 2);
  said.writeUInt16BE(bits, 6);
  said.write(plan.rate80 ?? '400bfa00000000000000', 8, 'hex');
  const kind = compression === undefined ? '' : `${compression}\x0enot compressed\x00`;
  const chunk = (name: string, data: Uint8Array, size?: number): Buffer => chunkOf(name, data, true, plan, size);
  const comm = chunk('COMM', Buffer.concat([said, Buffer.from(kind, 'latin1')]));
  const ssnd = Buffer.alloc(8 + offset, 9);
  ssnd.writeUInt32BE(offset, 0);
  ssnd.writeUInt32BE(0, 4);
  const body = Buffer.concat([
    ...before.map(([name, data]) => chunk(name, data)),
    ...(late ? [] : [comm]),
    chunk('SSND', Buffer.concat([ssnd, samples]), plan.size),
    ...(late ? [comm] : []),
    ...after.map(([name, data]) => chunk(name, data)),
  ]);
  const head = Buffer.alloc(12);
  head.write(`FORM    ${compression === undefined ? 'AIFF' : 'AIFC'}`, 'latin1');
  head.writeUInt32BE(plan.whole ?? body.length + 4, 4);
  return new Uint8Array(Buffer.concat([head, body, plan.trailing ?? new Uint8Array()]));
}

/** The chunk "ds64" of RF64, which has the sizes of the whole, of the samples and their number in 64 bits. */
export function ds64(samples: number): readonly [string, Uint8Array] {
  const sizes = Buffer.alloc(28);
  sizes.writeBigUInt64LE(BigInt(samples) + 72n, 0);
  sizes.writeBigUInt64LE(BigInt(samples), 8);
  return ['ds64', sizes];
}

const info: readonly [string, Uint8Array] = ['LIST', Buffer.from('INFOISFT\x0a\0\0\0a recorder', 'latin1')];

/** One of each kind, small: what writers make, and what becomes of it. */
export function smallSounds(): Map<string, Uint8Array> {
  const samples = texture(96);
  const unknown = 0xffff_ffff;
  return new Map([
    ['wav, 8 bits', wavFile({ samples: texture(51), bits: 8 })],
    ['wav, 16 bits', wavFile({ samples })],
    ['wav, 24 bits, stereo', wavFile({ samples, bits: 24, channels: 2, rate: 44_100 })],
    ['wav, 20 bits in 3 bytes', wavFile({ samples, bits: 20 })],
    ['wav, 8 channels', wavFile({ samples, channels: 8, rate: 192_000 })],
    ['wav, extensible', wavFile({ samples, extensible: 1, channels: 6 })],
    ['wav, chunks', wavFile({ samples, before: [['JUNK', texture(28)]], after: [info, ['id3 ', texture(9)]] })],
    [
      'wav, odd chunks',
      wavFile({ samples: texture(33), bits: 8, before: [['bext', texture(7)]], after: [info], pad: 7 }),
    ],
    ['wav, odd chunks that are not filled up', wavFile({ samples, before: [['cue ', texture(7)]], pad: undefined })],
    ['wav, sizes of 0', wavFile({ samples, size: 0, whole: 0 })],
    ['wav, sizes not known', wavFile({ samples, size: unknown, whole: unknown })],
    ['wav, cut', wavFile({ samples }).subarray(0, -7)],
    ['wav, a part of a frame', wavFile({ samples: texture(98), channels: 2, trailing: texture(5) })],
    ['rf64', wavFile({ magic: 'RF64', samples, before: [ds64(96)], size: unknown, whole: unknown, after: [info] })],
    ['bw64', wavFile({ magic: 'BW64', samples, before: [ds64(96)] })],
    ['aiff, 8 bits', aiffFile({ samples: texture(31), bits: 8 })],
    ['aiff, 16 bits, stereo', aiffFile({ samples, channels: 2, rate80: '400eac44000000000000' })],
    ['aiff, 24 bits', aiffFile({ samples, bits: 24, after: [['NAME', texture(5)]] })],
    ['aiff, samples not at the start', aiffFile({ samples, offset: 6, before: [['MARK', texture(8)]] })],
    ['aiff, samples first', aiffFile({ samples, late: true })],
    ['aiff, sizes of 0', aiffFile({ samples, size: 0, whole: 0, frames: 0 })],
    ['aiff-c', aiffFile({ samples, compression: 'NONE', before: [['FVER', Buffer.from('a2805140', 'hex')]] })],
    ['aiff-c, little-endian', aiffFile({ samples, compression: 'sowt', channels: 3 })],
  ]);
}
