import { segmentCrc } from '../archive/checksum.js';
import { ChecksumMismatchError, UnsupportedFeatureError } from '../archive/errors.js';
import { parseArchive } from '../archive/parse.js';
import type {
  ArchiveHeader,
  Coding,
  Container,
  Dial,
  Fields,
  Placed,
  Segment,
  SegmentDescriptor,
} from '../archive/types.js';
import { writeArchive } from '../archive/write.js';
import type { DialRules, Shape } from '../ardm/kind.js';
import { close } from '../containers/container.js';
import type { Extent } from '../containers/types.js';
import { inScope } from './abandon.js';
import { BrotliDataError, brotliDecode } from './brotli.js';
import { encodeSmallest, encodeWithModel, SEGMENTS_AT_ONCE } from './choose.js';
import type { OnCoded, SegmentCoder } from './coder.js';
import type { Dictionaries, Dictionary } from './dictionary.js';
import {
  ContentNotForModelError,
  DeclaredSizeTooLargeError,
  DictionaryNotForModelError,
  InputTooLargeError,
  ModelNotFoundError,
  UnknownDictionaryError,
  UnknownModelError,
} from './errors.js';
import { type Estimate, type EstimateOptions, estimate } from './estimate.js';
import { FrameCodec } from './frames.js';
import { type ArchiveInfo, describeArchive } from './inspect.js';
import { longestPayload } from './longest-payload.js';
import { mapLimited } from './map-limited.js';
import { type CallsOption, type CodecModel, type CodecModels, callsOf } from './models.js';
import {
  type Contained,
  encodeContained,
  encodePicture,
  isWorthAPass,
  layoutOf,
  openFile,
  pauseOf,
  samplesFrom,
} from './picture.js';
import { type OnProgress, ProgressMeter } from './progress.js';
import { drawSample } from './sample.js';
import type { ArdmSetting } from './segments.js';
import { mayBeatAsBytes } from './trial.js';

const NOTHING = new Uint8Array();

export interface CodecDependencies {
  readonly models: CodecModels;
  readonly coder: SegmentCoder;
  /** Original bytes of the largest file that is compressed or decompressed. */
  readonly maxOriginalSize: number;
  /** Id of the model that `auto` tries; default: the first of `models`. */
  readonly defaultModel?: string;
}

export interface CompressOptions {
  readonly calls: CallsOption;
  /** Id of a model, or `auto`: whatever makes the archive smallest. */
  readonly model: string;
  /** To be kept in the archive: a name and a media type that it has room for (`../archive/text.ts`). */
  readonly keep?: Kept;
  /** What the file is coded as the continuation of, where a model codes it. */
  readonly dictionary?: Dictionary | undefined;
  /** Says that the file is samples of a picture, row after row. */
  readonly pixels?: Extent | undefined;
  readonly signal: AbortSignal;
  readonly onProgress?: OnProgress;
}

export interface DecompressOptions {
  /** Where to look for the dictionary that the archive names. */
  readonly dictionaries?: Dictionaries | undefined;
  readonly signal: AbortSignal;
  readonly onProgress?: OnProgress;
}

export interface SampleOptions {
  /** Id of a model. */
  readonly model: string;
  readonly calls: CallsOption;
  /** Which sample, an integer from 0 to 2^32 - 1: the same seed, the same sample. */
  readonly seed: number;
  /** Bytes, from 1 to MOST_SAMPLE_BYTES. */
  readonly length: number;
  readonly signal: AbortSignal;
}

/** What an archive may keep of a file besides its bytes. */
export type Kept = Pick<Fields, 'name' | 'mediaType'>;

export interface Compressed {
  readonly archive: Uint8Array;
  /** What the archive was coded with: a model's id, `brotli`, `stored`, or `mixed` where segments differ. */
  readonly model: string;
  /** Network calls that a block takes, 1..1024; of a shorter file, its one block. Null where no part is coded with a network. */
  readonly calls: number | null;
}

/** What it would take to decompress an archive, as far as its header says. */
export interface Demand {
  /** Bytes. */
  readonly originalSize: number;
  /** Of all segments together. They tell the time, and bytes do not: a byte may take a call of its own. */
  readonly networkCalls: number;
}

/** Compresses and decompresses files in memory. Knows no HTTP and no network runtime. */
export class Codec {
  /** Records without headers. */
  readonly frames: FrameCodec;
  private readonly models: CodecModels;
  private readonly coder: SegmentCoder;
  readonly maxOriginalSize: number;
  private readonly autoModel: CodecModel;

  /** @throws ModelNotFoundError if there is no such default model. */
  constructor({ models, coder, maxOriginalSize, defaultModel }: CodecDependencies) {
    this.models = models;
    this.coder = coder;
    this.frames = new FrameCodec(coder);
    this.maxOriginalSize = maxOriginalSize;
    this.autoModel = this.model(defaultModel ?? models.list()[0]?.id ?? 'auto');
  }

  /**
   * @throws InputTooLargeError, ModelNotFoundError, DictionaryNotForModelError, and WorkAbandoned (or the signal's reason) when aborted. The caller
   * must not change `input` until the promise is settled.
   */
  async compress(input: Uint8Array, options: CompressOptions): Promise<Compressed> {
    if (input.length > this.maxOriginalSize) throw new InputTooLargeError(input.length, this.maxOriginalSize);
    const { dictionary } = options;
    const named = this.modelOf(options.model);
    if (dictionary && !named.kind.takesConditions) throw new DictionaryNotForModelError(named.id);
    // What a container has besides its samples is bytes, whatever the model.
    const model = named.kind.content === 'bytes' ? named : this.autoModel;
    const dial = model.kind.dial(callsOf(model, options.calls), input.length);
    const progress = new ProgressMeter(model.kind.encoderCalls(input.length, dial), options.onProgress);
    const ardm = { coder: this.coder, model, dial, progress, dictionary };
    return await inScope(options.signal, async (signal) => {
      const contained =
        options.model === 'auto' || model !== named ? await this.contained(input, ardm, options, signal) : undefined;
      if (model !== named && !contained) {
        throw new ContentNotForModelError(named.id, named.kind.content, 'this is none that it knows');
      }
      const asSamples = contained && this.archiveOf(contained, options);
      if (asSamples && (model !== named || !(await mayBeatAsBytes(input, asSamples.archive.length, ardm, signal)))) {
        return asSamples;
      }
      const segments =
        options.model === 'auto'
          ? await encodeSmallest(input, ardm, signal)
          : await encodeWithModel(input, ardm, signal);
      const isArdm = segments.some(({ method }) => method === 'ardm');
      const asBytes = {
        archive: writeArchive(segments, {
          ...options.keep,
          ...(dictionary && isArdm && { dictionary: dictionary.identity }),
        }),
        model: nameOf(segments, model),
        calls: isArdm ? model.kind.callsOfBlock(input.length, dial) : null,
      };
      return asSamples && asSamples.archive.length < asBytes.archive.length ? asSamples : asBytes;
    });
  }

  /**
   * The original bytes, all of them verified.
   *
   * @throws the errors of `parseArchive`; UnsupportedFeatureError, UnknownDictionaryError, UnknownModelError, DeclaredSizeTooLargeError before
   * any decoding; ChecksumMismatchError; WorkAbandoned (or the signal's reason) when aborted.
   */
  async decompress(archive: Uint8Array, options: DecompressOptions): Promise<Uint8Array> {
    const header = parseArchive(archive);
    const [first, ...others] = await candidates(header, options.dictionaries);
    this.check(header, archive);
    // Four bytes name more than one dictionary now and then; under a wrong one the checksums differ.
    for (const other of others) {
      try {
        return await this.decode(archive, header, other, options);
      } catch (error) {
        if (!(error instanceof ChecksumMismatchError)) throw error;
      }
    }
    return await this.decode(archive, header, first, options);
  }

  /** What it would take to compress a file. @throws as `compress`. The caller must not change `input` until the promise is settled. */
  async estimate(input: Uint8Array, options: EstimateOptions): Promise<Estimate> {
    return await estimate({ codec: this, coder: this.coder }, input, options);
  }

  /** Bytes as a model dreams them. @throws ModelNotFoundError, ContentNotForModelError, and WorkAbandoned (or the signal's reason) when aborted. */
  async sample(options: SampleOptions): Promise<Uint8Array> {
    const { model: id, calls, signal } = options;
    const model = this.model(id);
    if (model.kind.content !== 'bytes') {
      throw new ContentNotForModelError(id, model.kind.content, 'samples are drawn of bytes alone');
    }
    return await inScope(signal, (scope) =>
      drawSample({ coder: this.coder, model, signal: scope }, { ...options, calls: callsOf(model, calls) }),
    );
  }

  private async decode(
    archive: Uint8Array,
    header: ArchiveHeader,
    dictionary: Dictionary | undefined,
    { signal, onProgress }: DecompressOptions,
  ): Promise<Uint8Array> {
    const { container, segments, originalLength } = header;
    const layout = container && layoutOf(container, segments);
    const progress = new ProgressMeter(this.demandOf(header).networkCalls, onProgress);
    return await inScope(signal, async (scope) => {
      const parts = await mapLimited(SEGMENTS_AT_ONCE, scope, segments, async (segment, index) => {
        const shape = layout?.picture?.shapes[index];
        const { onCoded, done } = progress.segment(segment.length, this.callsOf(segment, shape));
        const bytes = await this.decodeSegment(archive, segment, { index, dictionary, shape }, scope, onCoded);
        done();
        return bytes;
      });
      if (container && layout) return await this.close(archive, container, samplesFrom(layout, parts), scope);
      const [only] = parts;
      return only && parts.length === 1 ? only : Buffer.concat(parts, originalLength);
    });
  }

  /** The file that a container makes of its samples, verified. */
  private async close(
    archive: Uint8Array,
    { number, geometry, file }: Container<Placed>,
    samples: Uint8Array,
    signal: AbortSignal,
  ): Promise<Uint8Array> {
    if (!file) return samples;
    const { rest } = file;
    const parts = { number, geometry, samples, rest: rest ? await this.restOf(archive, rest, signal) : NOTHING };
    const made = await close(parts, file.length, pauseOf(signal));
    const model = rest?.model && this.models.byShortId(rest.model);
    if (segmentCrc(made, rest?.payloadLength ?? 0, model?.identity) !== file.crc) throw new ChecksumMismatchError();
    return made;
  }

  private async restOf(archive: Uint8Array, rest: Coding & Placed, signal: AbortSignal): Promise<Uint8Array> {
    const payload = archive.subarray(rest.payloadOffset, rest.payloadOffset + rest.payloadLength);
    const model = rest.model && this.models.byShortId(rest.model);
    const place = { index: 0, dictionary: undefined, shape: undefined };
    const bytes = await this.decodePayload(payload, rest, model, place, signal, () => {});
    if (bytes.length !== rest.length) throw new ChecksumMismatchError();
    return bytes;
  }

  /** What a picture becomes, or undefined where the file is none that this server codes, or none that it is worth to. */
  private async contained(
    input: Uint8Array,
    ofBytes: ArdmSetting,
    { model: id, calls, pixels }: CompressOptions,
    signal: AbortSignal,
  ): Promise<Coded | undefined> {
    const isNamed = id !== 'auto';
    const model = isNamed ? this.model(id) : this.models.list().findLast(({ kind }) => kind.content === 'pictures');
    const opened = model && (await openFile(input, pixels, this.maxOriginalSize, signal));
    if (!model || !opened) return undefined;
    const { picture } = opened.content;
    if (!picture) {
      return isNamed ? undefined : { ...(await encodeContained(input, opened, ofBytes, signal)), model: ofBytes.model };
    }
    const setting = { model, calls, ofBytes };
    if (!isNamed && !(await isWorthAPass(opened.samples, picture, setting, signal))) return undefined;
    return { ...(await encodePicture(input, opened, picture, setting, signal)), model };
  }

  private archiveOf({ segments, container, calls, model }: Coded, { keep }: CompressOptions): Compressed {
    const isArdm = segments.some(({ method }) => method === 'ardm');
    return {
      archive: writeArchive(segments, { ...keep, container }),
      model: nameOf(segments, model),
      calls: isArdm ? (calls ?? null) : null,
    };
  }

  /** The model of an id, or for `auto` the one that it tries. @throws ModelNotFoundError */
  modelOf(id: string): CodecModel {
    return id === 'auto' ? this.autoModel : this.model(id);
  }

  /** What an archive's header says; nothing of it is verified but the header itself. @throws as `parseArchive`. */
  inspect(archive: Uint8Array): ArchiveInfo {
    return describeArchive(parseArchive(archive), archive.length, this.models);
  }

  /** Nothing of it is verified but the header itself. @throws as `parseArchive`. */
  demand(archive: Uint8Array): Demand {
    return this.demandOf(parseArchive(archive));
  }

  private demandOf({ originalLength, segments, container }: ArchiveHeader): Demand {
    const shapes = container && layoutOf(container, segments).picture?.shapes;
    const networkCalls = segments.reduce((sum, segment, i) => sum + this.callsOf(segment, shapes?.[i]), 0);
    return { originalSize: originalLength, networkCalls };
  }

  /** Network calls that a segment needs; 0 also where this server does not have its model, since it will not be decoded. */
  private callsOf({ length, dial, model }: SegmentDescriptor, shape: Shape | undefined): number {
    const kind = model && this.models.byShortId(model)?.kind;
    return kind && dial && fits(kind, dial, shape) ? kind.totalCalls(length, dial, shape) : 0;
  }

  private model(id: string): CodecModel {
    const model = this.models.byId(id);
    if (model) return model;
    throw new ModelNotFoundError(
      id,
      this.models.list().map((known) => known.id),
    );
  }

  /** All that can be refused before any work: 30 bytes may declare a gigabyte of network calls. */
  private check({ segments, originalLength, container }: ArchiveHeader, archive: Uint8Array): void {
    const rest = container?.file?.rest;
    const parts = [...segments, ...(rest ? [rest] : [])];
    const kinds = parts.map(({ model }) => {
      const known = model && this.models.byShortId(model);
      if (model && !known) throw new UnknownModelError(model);
      return known?.kind;
    });
    const samples = segments.reduce((sum, { length }) => sum + length, 0);
    const declared = Math.max(originalLength, samples, rest?.length ?? 0);
    if (declared > this.maxOriginalSize) throw new DeclaredSizeTooLargeError(declared, this.maxOriginalSize);
    const shapes = container && layoutOf(container, segments).picture?.shapes;
    for (const [index, { method, length, payloadOffset, payloadLength, dial }] of parts.entries()) {
      const kind = kinds[index];
      if (method !== 'ardm' || !kind || !dial) continue;
      if (!fits(kind, dial, shapes?.[index])) {
        throw new UnsupportedFeatureError(
          `an ARDM segment by a model of ${kind.content} where it codes something else`,
        );
      }
      if (length > kind.longestSegment) {
        throw new UnsupportedFeatureError(`an ARDM segment of ${length} bytes, more than ${kind.longestSegment}`);
      }
      const last = payloadLength > 0 ? archive[payloadOffset + payloadLength - 1] : undefined;
      if (payloadLength > longestPayload(length) || last === 0) throw new ChecksumMismatchError(index);
    }
  }

  private async decodeSegment(
    archive: Uint8Array,
    segment: SegmentDescriptor,
    place: Place,
    signal: AbortSignal,
    onCoded: OnCoded,
  ): Promise<Uint8Array> {
    const payload = archive.subarray(segment.payloadOffset, segment.payloadOffset + segment.payloadLength);
    const model = segment.model && this.models.byShortId(segment.model);
    // FORMAT.md, section 11: segments of another kind than bytes do not use it.
    const dictionary = model?.kind.takesConditions ? place.dictionary : undefined;
    const bytes = await this.decodePayload(payload, segment, model, { ...place, dictionary }, signal, onCoded);
    const whole = bytes.length === segment.length;
    if (!whole || segmentCrc(bytes, payload.length, model?.identity, dictionary?.identity) !== segment.crc) {
      throw new ChecksumMismatchError(place.index);
    }
    return bytes;
  }

  private async decodePayload(
    payload: Uint8Array,
    { method, length, dial }: Coding,
    model: CodecModel | undefined,
    { index, dictionary, shape }: Place,
    signal: AbortSignal,
    onCoded: OnCoded,
  ): Promise<Uint8Array> {
    if (model && dial) {
      return await this.coder.decode(model.id, payload, length, dial, signal, onCoded, dictionary, shape);
    }
    if (method === 'stored') return payload;
    try {
      return await brotliDecode(payload, length);
    } catch (error) {
      throw error instanceof BrotliDataError ? new ChecksumMismatchError(index) : error;
    }
  }
}

/** What became of a file in a container, and by which model. */
interface Coded extends Contained {
  readonly model: CodecModel;
}

/** Which segment of an archive, and what the archive continues. */
interface Place {
  readonly index: number;
  readonly dictionary: Dictionary | undefined;
  /** Of a segment of a picture. */
  readonly shape: Shape | undefined;
}

/** Whether a model of this kind codes a segment of such a shape under such a dial. */
function fits(kind: DialRules, dial: Dial, shape: Shape | undefined): boolean {
  return kind.knows(dial) && (kind.content === 'bytes' || shape !== undefined);
}

/** The dictionaries that an archive may have been made with; undefined alone where it needs none. @throws UnknownDictionaryError */
async function candidates(
  { dictionary }: ArchiveHeader,
  dictionaries: Dictionaries | undefined,
): Promise<readonly (Dictionary | undefined)[]> {
  if (!dictionary) return [undefined];
  const found = (await dictionaries?.byShortId(dictionary)) ?? [];
  if (found.length === 0) throw new UnknownDictionaryError(dictionary);
  return found;
}

function nameOf(segments: readonly Segment[], model: CodecModel): string {
  const names = new Set(segments.map(({ method }) => (method === 'ardm' ? model.id : method)));
  const [name] = names;
  return name !== undefined && names.size === 1 ? name : 'mixed';
}
