import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { segmentCrc } from '../../src/archive/checksum.js';
import type { Container, Segment } from '../../src/archive/types.js';
import { writeArchive } from '../../src/archive/write.js';
import { type Pcm, partsOf } from '../../src/codec/contained.js';
import { storedSegment } from '../../src/codec/segments.js';
import { open } from '../../src/containers/container.js';
import { openRawSound } from '../../src/containers/raw.js';
import type { Opened } from '../../src/containers/types.js';
import { texture } from '../containers/files.js';
import { aiffFile, ds64, wavFile } from '../containers/sound-files.js';
import { bytesOf } from '../sound/fakes.js';
import { highest, lowest, type Signal } from '../sound/signals.js';

/** A committed file of sound, and its committed archive. */
export interface GoldenSound {
  /** Of the file, with its extension. */
  readonly name: string;
  /** What made the file, once: what stands in the folder is what counts. Left out where another program made it. */
  readonly make?: () => Uint8Array;
  /** `stored`: its samples and its rest are in the archive as they are, so that it shows the container alone. */
  readonly model: string;
  /** Of samples without a file around them. */
  readonly pcm?: Pcm;
}

const FOLDER = join('test', 'golden', 'sounds');
export const REFUSED_FOLDER = join('test', 'golden', 'sounds-refused');

/** Two tones, and some noise, as little-endian samples of two bytes. */
function tones(samples: number): Uint8Array {
  const noise = texture(samples, 5);
  const bytes = Buffer.alloc(2 * samples);
  // A rotation in integers, so that no machine makes another one.
  let [x, y] = [8000, 0];
  for (let i = 0; i < samples; i++) {
    bytes.writeInt16LE(x + ((noise[i] as number) % 16), 2 * i);
    [x, y] = [x - (y >> 3), y + ((x - (y >> 3)) >> 3)];
  }
  return new Uint8Array(bytes);
}

/** Two tones that fade and come back, with some noise, in integers: each channel a little later than the one before. */
function rounds(bits: number, seed: number): Signal {
  const noise = texture(4096, seed);
  const [xs, ys] = [Array<number>(8).fill(1 << 20), Array<number>(8).fill(0)];
  const [us, vs] = [Array<number>(8).fill(1 << 19), Array<number>(8).fill(0)];
  return (time, channel) => {
    if (time < channel) return 0;
    const [x, y, u, v] = [xs, ys, us, vs].map((of) => of[channel] as number) as [number, number, number, number];
    xs[channel] = x - (y >> 4);
    ys[channel] = y + ((xs[channel] as number) >> 4);
    us[channel] = u - (v >> 2);
    vs[channel] = v + ((us[channel] as number) >> 2);
    const loudness = 16 - Math.abs((time % 512) - 256) / 16;
    const loud = ((x + u) >> 6) * Math.floor(loudness) + 4 * (noise[(8 * time + channel) % 4096] as number);
    const value = bits > 20 ? loud * 2 ** (bits - 20) : loud >> (20 - bits);
    return Math.max(lowest(bits), Math.min(highest(bits), value));
  };
}

const unknown = 0xffff_ffff;
const info = Buffer.from('INFOISFT\x0a\0\0\0a recorder', 'latin1');

/** What containers there are, of which samples are stored. */
const CONTAINERS: readonly GoldenSound[] = (
  [
    // By SoX 14.4.2, flac 1.4.2, and Python 3.11.
    { name: 'sox-24.wav' },
    { name: 'sox-piped.wav' },
    { name: 'sox.aiff' },
    { name: 'sox.aifc' },
    { name: 'flac.rf64' },
    { name: 'python.wav' },
    { name: 'python-sowt.aifc' },
    { name: 'plain.wav', make: () => wavFile({ samples: tones(150), rate: 16_000 }) },
    { name: 'one-frame.wav', make: () => wavFile({ samples: tones(8), channels: 8 }) },
    { name: 'eight.wav', make: () => wavFile({ samples: texture(101), bits: 8, rate: 11_025 }) },
    {
      name: 'chunks.wav',
      make: () => wavFile({ samples: tones(90), before: [['bext', texture(13)]], after: [['LIST', info]], pad: 1 }),
    },
    { name: 'streamed.wav', make: () => wavFile({ samples: tones(90), size: unknown, whole: unknown }) },
    { name: 'empty-sizes.wav', make: () => wavFile({ samples: tones(90), size: 0, whole: 0 }) },
    { name: 'cut.wav', make: () => wavFile({ samples: tones(90), channels: 2 }).subarray(0, -9) },
    { name: 'extensible.wav', make: () => wavFile({ samples: texture(96), bits: 24, channels: 4, extensible: 1 }) },
    {
      name: 'long.bw64',
      make: () =>
        wavFile({ magic: 'BW64', samples: tones(90), before: [ds64(180)], size: unknown, after: [['axml', info]] }),
    },
    { name: 'plain.aiff', make: () => aiffFile({ samples: tones(90), rate80: '400eac44000000000000', channels: 2 }) },
    { name: 'late.aiff', make: () => aiffFile({ samples: texture(93), bits: 24, late: true, offset: 4 }) },
    { name: 's16le.raw', make: () => tones(120), pcm: { format: 's16le', channels: 1, rate: 16_000 } },
    { name: 'u8.raw', make: () => texture(96), pcm: { format: 'u8', channels: 3, rate: 8000 } },
    { name: 's24be.raw', make: () => texture(96), pcm: { format: 's24be', channels: 2, rate: 1 } },
  ] satisfies Omit<GoldenSound, 'model'>[]
).map((golden) => ({ model: 'stored', ...golden }));

/** What models of sound make of it. */
const CODED: readonly GoldenSound[] = (
  [
    {
      name: 'spoken.wav',
      make: () => wavFile({ samples: bytesOf(rounds(16, 3), 1200, [1, 16, 1, 16_000]), rate: 16_000 }),
    },
    {
      name: 'stereo.wav',
      make: () =>
        wavFile({
          samples: bytesOf(rounds(16, 5), 500, [2, 16, 1, 44_100]),
          channels: 2,
          rate: 44_100,
          after: [['LIST', info]],
        }),
    },
    {
      name: 'telephone.wav',
      make: () => wavFile({ samples: bytesOf(rounds(8, 7), 900, [1, 8, 0, 8000]), bits: 8 }),
    },
    {
      name: 'fine.aiff',
      make: () => aiffFile({ samples: bytesOf(rounds(24, 9), 400, [2, 24, 2, 8000]), bits: 24, channels: 2 }),
    },
    {
      name: 'three.raw',
      make: () => bytesOf(rounds(16, 11), 300, [3, 16, 2, 16_000]),
      pcm: { format: 's16be', channels: 3, rate: 16_000 },
    },
  ] satisfies Omit<GoldenSound, 'model'>[]
).map((golden) => ({ model: 'sound-1', ...golden }));

/** Golden archives of sound. Entries are added, never changed or removed. */
export const GOLDEN_SOUNDS: readonly GoldenSound[] = [...CONTAINERS, ...CODED];

export const soundFile = ({ name }: GoldenSound): string => join(FOLDER, name);
export const soundArchive = ({ name, model }: GoldenSound): string => join(FOLDER, `${name}.${model}.ardm`);
export const soundOf = (golden: GoldenSound): Uint8Array => new Uint8Array(readFileSync(soundFile(golden)));

/** The parts of a file. */
export async function openedSound(file: Uint8Array, pcm?: Pcm): Promise<Opened> {
  const opened = pcm
    ? openRawSound(file, pcm)
    : await open(file, { maxSamples: 2 ** 30, pause: async () => undefined });
  if (!opened) throw new Error('it is no sound');
  return opened;
}

/** An archive of which all is stored. */
export async function storedArchive(file: Uint8Array, pcm?: Pcm): Promise<Uint8Array> {
  const opened = await openedSound(file, pcm);
  return writeArchive(segmentsOf(opened), { container: containerOf(file, opened) });
}

function segmentsOf({ content, samples }: Opened): Segment[] {
  const parts = partsOf(content);
  return (parts?.list() ?? []).map((_, index) => storedSegment(parts?.cut(samples, index) as Uint8Array));
}

function containerOf(file: Uint8Array, { number, geometry, samples, rest }: Opened): Container {
  if (samples === file) return { number, geometry };
  const crc = segmentCrc(file, rest.length);
  return {
    number,
    geometry,
    file: { length: file.length, crc, ...(rest.length > 0 && { rest: storedSegment(rest) }) },
  };
}

/** Archives that are refused: by their names, with the code and what made them. */
export async function refusedSounds(): Promise<ReadonlyMap<string, readonly [code: string, archive: Uint8Array]>> {
  const file = wavFile({ samples: tones(20), after: [['LIST', info]] });
  const opened = await openedSound(file);
  const segments = segmentsOf(opened);
  const container = containerOf(file, opened);
  const changed = (change: Partial<Container>): Uint8Array =>
    writeArchive(segments, { container: { ...container, ...change } });
  const withRest = (rest: Uint8Array, length = file.length): Uint8Array =>
    changed({ file: { length, crc: segmentCrc(file, rest.length), rest: storedSegment(rest) } });
  const geometry = (...bytes: number[]): Uint8Array => changed({ geometry: Uint8Array.from(bytes) });
  const { rest } = opened;
  const halves = [opened.samples.subarray(0, 20), opened.samples.subarray(20)].map((half) => storedSegment(half));
  return new Map([
    ['geometry-none', ['damaged-header', geometry()]],
    ['geometry-cut', ['damaged-header', geometry(2, 1)]],
    ['geometry-goes-on', ['damaged-header', geometry(2, 1, 20, 0)]],
    ['format-6', ['damaged-header', geometry(6, 1, 20)]],
    ['bits-between', ['damaged-header', geometry(0x0a, 1, 20)]],
    ['rate-2-to-the-32', ['damaged-header', geometry(2, 0x80, 0xff, 0xfe, 0xfe, 0x0e, 20)]],
    ['no-frames', ['damaged-header', geometry(2, 1, 0)]],
    ['too-many-frames', ['damaged-header', geometry(2, 1, 21)]],
    ['two-segments-of-one-cut', ['damaged-header', writeArchive(halves, { container })]],
    ['file-longer', ['checksum-mismatch', withRest(rest, file.length + 1)]],
    ['file-shorter', ['checksum-mismatch', withRest(rest, file.length - 1)]],
    ['head-changed', ['checksum-mismatch', withRest(Uint8Array.from(rest, (byte, i) => (i === 9 ? byte ^ 1 : byte)))]],
    ['head-longer-than-rest', ['checksum-mismatch', withRest(Uint8Array.of(0x7f, 1, 2, 3))]],
    ['head-of-no-varint', ['checksum-mismatch', withRest(new Uint8Array(rest.length).fill(255))]],
    ['no-rest', ['checksum-mismatch', changed({ file: { length: file.length, crc: segmentCrc(file, 0) } })]],
    ['aiff-of-wav', ['checksum-mismatch', changed({ number: 9 })]],
  ] as const);
}
