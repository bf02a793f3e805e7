import { parseArchive } from '../archive/parse.js';
import type { Fields, Segment } from '../archive/types.js';
import { writeArchive } from '../archive/write.js';
import type { Extent, Opened } from '../containers/types.js';
import { inScope } from './abandon.js';
import { encodeSmallest, encodeWithModel } from './choose.js';
import type { SegmentCoder } from './coder.js';
import {
  type Contained,
  encodeContained,
  encodeSamples,
  isWorthAPass,
  openFile,
  partsOf,
  type Said,
} from './contained.js';
import { Decoder, type DecompressOptions, type Demand } from './decoder.js';
import type { Dictionary } from './dictionary.js';
import {
  ContentNotForModelError,
  DictionaryNotForModelError,
  InputTooLargeError,
  ModelNotFoundError,
} from './errors.js';
import { type Estimate, type EstimateOptions, estimate } from './estimate.js';
import { FrameCodec } from './frames.js';
import { type ArchiveInfo, codedWith, describeArchive } from './inspect.js';
import { type CallsOption, type CodecModel, type CodecModels, callsOf } from './models.js';
import type { Parts } from './parts.js';
import { type OnProgress, ProgressMeter } from './progress.js';

export type { DecompressOptions, Demand };

import { DEFAULT_SAMPLE_PIXELS, type Draw, drawPicture, drawSample, type PictureDraw } from './sample.js';
import type { SampleSetting } from './sample-setting.js';
import { type ArdmSetting, storedSegment } from './segments.js';
import { mayBeatAsBytes, mayBeatSound } from './trial.js';

/** Bytes that an archive may be longer for telling which picture a file is. */
const CONTAINER_BYTES = 16;

export interface CodecDependencies {
  readonly models: CodecModels;
  readonly coder: SegmentCoder;
  /** Original bytes of the largest file that is compressed or decompressed. */
  readonly maxOriginalSize: number;
  /** Id of the model that `auto` tries; default: the first of `models` that is one of bytes. */
  readonly defaultModel?: string;
}

export interface CompressOptions extends Said {
  readonly calls: CallsOption;
  /** Id of a model, or `auto`: whatever makes the archive smallest. */
  readonly model: string;
  /** To be kept in the archive: a name and a media type that it has room for (`../archive/text.ts`). */
  readonly keep?: Kept;
  /** What the file is coded as the continuation of, where a model codes it. */
  readonly dictionary?: Dictionary | undefined;
  readonly signal: AbortSignal;
  readonly onProgress?: OnProgress;
}

export interface SampleOptions {
  /** Id of a model. */
  readonly model: string;
  readonly calls: CallsOption;
  /** Which sample, an integer from 0 to 2^32 - 1: the same seed, the same sample. */
  readonly seed: number;
  /** Bytes, from 1 to MOST_SAMPLE_BYTES; of a model of bytes. */
  readonly length: number;
  /** Of a model of pictures: no larger than MOST_SAMPLE_PIXELS and MOST_SAMPLE_SIDE; default: DEFAULT_SAMPLE_PIXELS. */
  readonly pixels?: Extent;
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

/** How it is said that a file is samples alone, of what cannot be recognised otherwise. */
const ALONE: Readonly<Record<string, string>> = {
  pictures: 'Use model=auto, or a model of bytes; of samples alone say what they are, such as pixels=640x480x3',
  sound: 'Use model=auto, or a model of bytes; of samples alone say what they are, such as pcm=s16le,2,44100',
};

/** Compresses and decompresses files in memory. Knows no HTTP and no network runtime. */
export class Codec {
  /** Records without headers. */
  readonly frames: FrameCodec;
  private readonly models: CodecModels;
  private readonly coder: SegmentCoder;
  readonly maxOriginalSize: number;
  private readonly autoModel: CodecModel;
  private readonly decoder: Decoder;

  /** @throws ModelNotFoundError if there is no such default model. */
  constructor({ models, coder, maxOriginalSize, defaultModel }: CodecDependencies) {
    this.models = models;
    this.coder = coder;
    this.frames = new FrameCodec(coder);
    this.maxOriginalSize = maxOriginalSize;
    this.decoder = new Decoder({ models, coder, maxOriginalSize });
    const first = models.list().find(({ kind }) => kind.content === 'bytes');
    this.autoModel = this.model(defaultModel ?? first?.id ?? 'auto');
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
        throw new ContentNotForModelError(
          named.id,
          named.kind.content,
          'this is none that it knows',
          ALONE[named.kind.content],
        );
      }
      const asSamples = contained && this.archiveOf(contained, options);
      if (asSamples && model !== named) return this.unlessItGrows(asSamples, input, options);
      if (asSamples) {
        const most = asSamples.archive.length;
        const mayWin =
          contained.content === 'sound'
            ? await mayBeatSound(input, most, signal)
            : await mayBeatAsBytes(input, most, ardm, signal);
        if (!mayWin) return asSamples;
      }
      // What was told of its samples is not told again.
      const setting = asSamples ? { ...ardm, progress: progress.silent() } : ardm;
      const segments =
        options.model === 'auto'
          ? await encodeSmallest(input, setting, signal)
          : await encodeWithModel(input, setting, signal);
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

  /** The original bytes, all of them verified. @throws as `Decoder.decompress`. */
  decompress(archive: Uint8Array, options: DecompressOptions): Promise<Uint8Array> {
    return this.decoder.decompress(archive, options);
  }

  /** Nothing of it is verified but the header itself. @throws as `parseArchive`. */
  demand(archive: Uint8Array): Demand {
    return this.decoder.demand(archive);
  }

  /** What it would take to compress a file. @throws as `compress`. The caller must not change `input` until the promise is settled. */
  async estimate(input: Uint8Array, options: EstimateOptions): Promise<Estimate> {
    return await estimate({ codec: this, coder: this.coder }, input, options);
  }

  /** Bytes, or the samples of a picture, as a model dreams them. @throws ModelNotFoundError, ContentNotForModelError, and WorkAbandoned (or the signal's reason) when aborted. */
  async sample(options: SampleOptions): Promise<Uint8Array> {
    const model = this.model(options.model);
    const draw = DRAWS[model.kind.content];
    if (!draw)
      throw new ContentNotForModelError(
        model.id,
        model.kind.content,
        'no samples of it are drawn',
        'Ask a model of bytes or pictures',
      );
    const drawn = { pixels: DEFAULT_SAMPLE_PIXELS, ...options, calls: callsOf(model, options.calls) };
    return await inScope(options.signal, (signal) => draw({ coder: this.coder, model, signal }, drawn));
  }

  /** What a picture or sound becomes, or undefined where the file is none that this server codes, or none that it is worth to. */
  private async contained(
    input: Uint8Array,
    ofBytes: ArdmSetting,
    options: CompressOptions,
    signal: AbortSignal,
  ): Promise<Coded | undefined> {
    const opened = await this.open(input, options, signal);
    if (!opened) return undefined;
    const { file, parts, model } = opened;
    if (!parts) return { ...(await encodeContained(input, file, ofBytes, signal)), model };
    const setting = { model, calls: options.calls, ofBytes };
    const isNamed = options.model !== 'auto';
    if (!isNamed && !(await isWorthAPass(file.samples, parts, setting, signal))) return undefined;
    return { ...(await encodeSamples(input, file, parts, setting, signal)), model, content: parts.content };
  }

  /** A file whose samples a model would code in place of its bytes; undefined where it is none. @throws ModelNotFoundError, PixelsMismatchError, PcmMismatchError */
  async open(
    input: Uint8Array,
    { model: id, ...said }: Said & Pick<CompressOptions, 'model'>,
    signal: AbortSignal,
  ): Promise<OpenedForModel | undefined> {
    const isNamed = id !== 'auto';
    const models = isNamed ? [this.model(id)] : this.models.list();
    if (models.every(({ kind }) => kind.content === 'bytes')) return undefined;
    const file = await openFile(input, said, this.maxOriginalSize, signal);
    if (!file) return undefined;
    const parts = partsOf(file.content);
    if (!parts) return isNamed ? undefined : { file, model: this.autoModel };
    const model = models.findLast(({ kind }) => kind.content === parts.content);
    return model && { file, parts, model };
  }

  /** A file whose samples grow by much more than it does (what repeats itself in a PNG is no picture's pattern) is stored. */
  private unlessItGrows(coded: Compressed, input: Uint8Array, { keep }: CompressOptions): Compressed {
    if (coded.archive.length <= input.length + CONTAINER_BYTES) return coded;
    const stored = writeArchive([storedSegment(input)], { ...keep });
    if (coded.archive.length <= stored.length + CONTAINER_BYTES) return coded;
    return { archive: stored, model: 'stored', calls: null };
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

  private model(id: string): CodecModel {
    const model = this.models.byId(id);
    if (model) return model;
    throw new ModelNotFoundError(
      id,
      this.models.list().map((known) => known.id),
    );
  }
}

/** How samples are drawn, by what a model is of. */
const DRAWS: Readonly<
  Partial<Record<string, (setting: SampleSetting, draw: Draw & PictureDraw) => Promise<Uint8Array>>>
> = { bytes: drawSample, pictures: drawPicture };

/** A file taken apart, and the model that codes its samples. */
export interface OpenedForModel {
  readonly file: Opened;
  /** Left out where the samples are bytes. */
  readonly parts?: Parts;
  readonly model: CodecModel;
}

/** What became of a file in a container, and by which model. */
interface Coded extends Contained {
  /** What the samples are; left out where they are bytes. */
  readonly content?: Parts['content'];
  readonly model: CodecModel;
}

function nameOf(segments: readonly Segment[], { id }: CodecModel): string {
  return codedWith(segments.map(({ method }) => ({ method, model: method === 'ardm' ? id : null })));
}
