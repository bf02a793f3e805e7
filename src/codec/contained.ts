import { setImmediate } from 'node:timers/promises';
import { segmentCrc } from '../archive/checksum.js';
import { DamagedHeaderError } from '../archive/errors.js';
import type { Container, Segment, SegmentDescriptor } from '../archive/types.js';
import { contentOf, open } from '../containers/container.js';
import { openRaw, openRawSound } from '../containers/raw.js';
import type { ContainerId, Content, Extent, Opened, Pause, Sound } from '../containers/types.js';
import { throwIfAbandoned } from './abandon.js';
import { encodeSmallest, SEGMENTS_AT_ONCE } from './choose.js';
import { PcmMismatchError, PixelsMismatchError } from './errors.js';
import { mapLimited } from './map-limited.js';
import { type CallsOption, type CodecModel, callsOf } from './models.js';
import type { Part, Parts } from './parts.js';
import { pictureParts } from './picture.js';
import { type ArdmSetting, ardmSegment, brotliSegment, smallest, storedSegment } from './segments.js';
import { soundParts } from './sound.js';

/** Segments, and what makes a file of them. */
export interface Contained {
  readonly segments: Segment[];
  readonly container: Container;
  /** Network calls of the largest segment; left out where no network coded one. */
  readonly calls?: number;
}

/** Rests up to this length are tried with a model of bytes. */
const SHORT_REST = 2 ** 14;
/** Part of their bytes that the trial's samples must be saved for all of them to be coded. */
const WORTH = 1 / 64;

/** A pause that gives up when the signal says so. */
export function pauseOf(signal: AbortSignal): Pause {
  return async () => {
    await setImmediate();
    throwIfAbandoned(signal);
  };
}

/** What a caller says of a file that has nothing to be recognised by: it is samples of a picture, or of sound, and nothing else. */
export interface Said {
  /** Row after row. */
  readonly pixels?: Extent | undefined;
  /** Frame after frame; how many there are, the file says. */
  readonly pcm?: Pcm | undefined;
}

export type Pcm = Omit<Sound, 'frames'>;

/** What a file is besides bytes: found by looking at it, or as the caller says. @throws PixelsMismatchError, PcmMismatchError */
export async function openFile(
  file: Uint8Array,
  { pixels, pcm }: Said,
  maxSamples: number,
  signal: AbortSignal,
): Promise<Opened | undefined> {
  if (pixels) {
    const opened = openRaw(file, pixels);
    if (!opened) throw new PixelsMismatchError(pixels, file.length);
    return opened;
  }
  if (pcm) {
    const opened = openRawSound(file, pcm);
    if (!opened) throw new PcmMismatchError(pcm, file.length);
    return opened;
  }
  return await open(file, { maxSamples, pause: pauseOf(signal) });
}

/** The parts of samples that become segments; undefined where the samples are bytes. */
export function partsOf({ picture, sound }: Content): Parts | undefined {
  return picture ? pictureParts(picture) : sound && soundParts(sound);
}

/** How samples that are no bytes are coded, and the rest. */
export interface SamplesSetting {
  readonly model: CodecModel;
  readonly calls: CallsOption;
  /** For what is not samples. */
  readonly ofBytes: ArdmSetting;
}

/** Samples part by part, each by the model of what they are, or stored where it would grow. */
export async function encodeSamples(
  file: Uint8Array,
  opened: Opened,
  parts: Parts,
  { model, calls, ofBytes }: SamplesSetting,
  signal: AbortSignal,
): Promise<Contained> {
  const list = parts.list();
  const [largest] = list;
  const dial = model.kind.dial(callsOf(model, calls), opened.samples.length, largest?.shape);
  const { coder, progress } = ofBytes;
  progress.expect(list.reduce((sum, { length, shape }) => sum + model.kind.encoderCalls(length, dial, shape), 0));
  const segments = await mapLimited(SEGMENTS_AT_ONCE, signal, list, async ({ positions, shape }, index) => {
    const samples = Uint8Array.from(parts.cut(opened.samples, index));
    const counted = { length: shareOf(file.length, list.length, index), positions };
    const coded = await ardmSegment(samples, { coder, model, dial, progress, shape }, signal, counted);
    return smallest([storedSegment(samples), coded]);
  });
  return {
    segments,
    container: await containerOf(file, opened, ofBytes, signal),
    calls: model.kind.callsOfBlock(largest?.length ?? 0, dial, largest?.shape),
  };
}

/** Samples that are bytes (filtered ones, of a PNG that is no picture of 8-bit samples), as `auto` would code them as a file. */
export async function encodeContained(
  file: Uint8Array,
  opened: Opened,
  ofBytes: ArdmSetting,
  signal: AbortSignal,
): Promise<Contained> {
  const segments = await encodeSmallest(opened.samples, ofBytes, signal);
  return { segments, container: await containerOf(file, opened, ofBytes, signal) };
}

async function containerOf(
  file: Uint8Array,
  { number, geometry, samples, rest }: Opened,
  ofBytes: ArdmSetting,
  signal: AbortSignal,
): Promise<Container> {
  // Bare samples: their own checksums are the file's.
  if (samples === file) return { number, geometry };
  if (rest.length === 0) return { number, geometry, file: { length: file.length, crc: segmentCrc(file, 0) } };
  const byModel = rest.length <= SHORT_REST ? [await ardmSegment(rest, withoutDictionary(ofBytes), signal)] : [];
  const coded = smallest([storedSegment(rest), await brotliSegment(rest, signal), ...byModel]);
  const crc = segmentCrc(file, coded.payload.length, coded.model);
  return { number, geometry, file: { length: file.length, crc, rest: coded } };
}

/** The rest of a container continues nothing (FORMAT.md, section 11), and its progress is not told. */
function withoutDictionary(setting: ArdmSetting): ArdmSetting {
  return { ...setting, dictionary: undefined, progress: setting.progress.silent() };
}

/** What of the file's bytes is said to be coded when a part is. */
function shareOf(length: number, parts: number, index: number): number {
  return Math.floor(((index + 1) * length) / parts) - Math.floor((index * length) / parts);
}

/**
 * Whether samples are worth a pass: noise is not, nor what was a picture or sound before somebody encrypted it. Few samples are not tried, and
 * worth one.
 */
export async function isWorthAPass(
  samples: Uint8Array,
  parts: Parts,
  { model, calls, ofBytes }: SamplesSetting,
  signal: AbortSignal,
): Promise<boolean> {
  const trials = parts.trials(samples);
  if (trials.length === 0) return true;
  const coded = await Promise.all(
    trials.map(async ({ bytes, shape }) => {
      const dial = model.kind.dial(callsOf(model, calls), bytes.length, shape);
      return await ofBytes.coder.encode(model.id, bytes, dial, signal, undefined, undefined, shape);
    }),
  );
  const sum = (all: readonly number[]): number => all.reduce((total, each) => total + each, 0);
  return sum(coded.map(({ length }) => length)) < sum(trials.map(({ bytes }) => bytes.length)) * (1 - WORTH);
}

/** What an archive's container makes of its segments. */
export interface Layout {
  readonly container: ContainerId;
  /** Left out where the samples are bytes. */
  readonly samples?: { readonly parts: Parts; readonly list: readonly Part[] };
}

/**
 * The layout that a container says, judged against the segments before anything is decoded.
 *
 * @throws UnsupportedFeatureError, DamagedHeaderError
 */
export function layoutOf(container: ContainerId, segments: readonly Pick<SegmentDescriptor, 'length'>[]): Layout {
  const parts = partsOf(contentOf(container));
  if (!parts) return { container };
  const total = segments.reduce((sum, { length }) => sum + length, 0);
  if (total !== parts.length) {
    throw new DamagedHeaderError(`its samples are ${parts.length} bytes, and its segments have ${total}`);
  }
  // Before they are listed: a picture of a column may declare millions.
  if (parts.count !== segments.length) {
    throw new DamagedHeaderError(`its samples have ${parts.count} parts, and there are ${segments.length} segments`);
  }
  const list = parts.list();
  for (const [i, { length }] of list.entries()) {
    if (segments[i]?.length !== length) {
      throw new DamagedHeaderError(`segment ${i + 1} is not the part of its samples that it should be`);
    }
  }
  return { container, samples: { parts, list } };
}

/** The samples of a container from those of its segments. */
export function samplesFrom({ samples }: Layout, segments: readonly Uint8Array[]): Uint8Array {
  const [only] = segments;
  if (only && segments.length === 1) return only;
  return samples ? samples.parts.join(segments) : Buffer.concat(segments);
}
