import type { ArchiveHeader, Method, Schedule } from '../archive/types.js';
import { contentOf, nameOf } from '../containers/container.js';
import { bitsOf } from '../containers/sound.js';
import type { ContainerId, Content } from '../containers/types.js';
import { ArdmError } from '../errors.js';
import type { CodecModels } from './models.js';

/** What an archive's header says; sizes in bytes. */
export interface ArchiveInfo {
  readonly version: number;
  readonly originalSize: number;
  readonly compressedSize: number;
  /** What the archive keeps of the file besides its bytes; left out where it keeps nothing. */
  readonly name?: string | undefined;
  readonly mediaType?: string | undefined;
  /** The first four bytes of the dictionary's identity, hexadecimal; left out where there is none. */
  readonly dictionary?: string | undefined;
  /** Left out where the segments are the file. */
  readonly container?: ContainerDescription | undefined;
  readonly segments: readonly SegmentDescription[];
}

export interface ContainerDescription {
  /** 0..63, see FORMAT.md. */
  readonly number: number;
  /** `png`, `pnm`, `bmp`, `wav`, `aiff`, `raw`; left out where this server does not know the number. */
  readonly kind?: string | undefined;
  /** What the segments make: bytes of samples. */
  readonly samplesSize: number;
  /** What else the file has: bytes, 0 for nothing. */
  readonly restSize: number;
  /** What the samples are; left out where they are no picture, or this server does not understand it. */
  readonly picture?: PictureDescription | undefined;
  /** Likewise, where they are no sound. */
  readonly sound?: SoundDescription | undefined;
}

export interface SoundDescription {
  /** `u8`, `s8`, `s16le`, `s16be`, `s24le`, `s24be`: unsigned or signed, bits, and which byte comes first. */
  readonly format: string;
  readonly channels: number;
  /** Of a sample: 8, 16 or 24. */
  readonly bits: number;
  /** Frames a second; 0 if it is not known. */
  readonly rate: number;
  readonly frames: number;
}

export interface PictureDescription {
  /** Columns. */
  readonly width: number;
  /** Rows. */
  readonly height: number;
  /** Samples of a pixel: 1 grey, 3 RGB, 4 RGBA. */
  readonly channels: number;
}

export interface SegmentDescription {
  readonly method: Method;
  /** Id of the model; null if this server does not have it, or the method needs none. */
  readonly model: string | null;
  /** The first two bytes of the model's identity, hexadecimal; null if the method needs none. */
  readonly modelIdentity: string | null;
  readonly schedule: Schedule | null;
  /** Network calls per block, 1..1024; null if the method needs none. */
  readonly calls: number | null;
  readonly originalSize: number;
  readonly compressedSize: number;
}

/** What segments were coded with: a model's id, `brotli`, `stored`, or `mixed` where they differ. */
export function codedWith(segments: readonly Pick<SegmentDescription, 'method' | 'model'>[]): string {
  const [name, ...others] = new Set(segments.map(({ method, model }) => model ?? method));
  return name !== undefined && others.length === 0 ? name : 'mixed';
}

/** The header in words, for people and programs that will never decode it. */
export function describeArchive(header: ArchiveHeader, archiveLength: number, models: CodecModels): ArchiveInfo {
  const { name, mediaType, dictionary, container } = header;
  return {
    version: header.version,
    originalSize: header.originalLength,
    compressedSize: archiveLength,
    ...(name !== undefined && { name }),
    ...(mediaType !== undefined && { mediaType }),
    ...(dictionary && { dictionary: Buffer.from(dictionary).toString('hex') }),
    ...(container && { container: describeContainer(header.segments, container) }),
    segments: header.segments.map(({ method, model, dial, length, payloadLength }) => ({
      method,
      model: (model && models.byShortId(model)?.id) ?? null,
      modelIdentity: model ? Buffer.from(model).toString('hex') : null,
      schedule: dial?.schedule ?? null,
      calls: dial?.calls ?? null,
      originalSize: length,
      compressedSize: payloadLength,
    })),
  };
}

function describeContainer(
  segments: ArchiveHeader['segments'],
  { number, geometry, file }: NonNullable<ArchiveHeader['container']>,
): ContainerDescription {
  const samplesSize = segments.reduce((sum, { length }) => sum + length, 0);
  const kind = nameOf({ number });
  return {
    number,
    ...(kind !== undefined && { kind }),
    samplesSize,
    restSize: file?.rest?.length ?? 0,
    ...describeContent(contentIfKnown({ number, geometry })),
  };
}

function describeContent({ picture, sound }: Content): Pick<ContainerDescription, 'picture' | 'sound'> {
  return {
    ...(picture && { picture }),
    ...(sound && { sound: { ...sound, bits: bitsOf(sound.format) } }),
  };
}

/** What cannot be decoded here can be inspected all the same. */
function contentIfKnown(container: ContainerId): Content {
  try {
    return contentOf(container);
  } catch (error) {
    if (error instanceof ArdmError) return {};
    throw error;
  }
}
