import type { Dial } from '../archive/types.js';
import { inScope } from './abandon.js';
import type { Codec } from './codec.js';
import type { SegmentCoder } from './coder.js';
import type { Said } from './contained.js';
import type { Dictionary } from './dictionary.js';
import { DictionaryNotForModelError, InputTooLargeError } from './errors.js';
import { estimateContained } from './estimate-contained.js';
import { bytewise, DETAILED_FRAMES, DETAILED_PIXELS, type Detail, framewise, pixelwise } from './estimate-detail.js';
import { estimateLong } from './estimate-long.js';
import { networkSeconds, timed } from './estimate-seconds.js';
import { mapLimited } from './map-limited.js';
import { type CallsOption, type CodecModel, callsOf, type Preset } from './models.js';
import { measurePeers, type PeerSize } from './peers.js';
import type { SampleSetting } from './sample-setting.js';

/** Inputs up to so many bytes are compressed for each dial: what is said of their sizes is so. */
export const EXACT_BYTES = 2 ** 14;

/** What the ladder has besides the numbers that a model gives names. */
const LADDER: readonly number[] = [1, 4, 16, 32, 64, 128, 256, 1024];

const NAMES: readonly Preset[] = ['fast', 'balanced', 'small'];

export interface EstimateOptions extends Said {
  /** What `detail` is of; the ladder has it, too. */
  readonly calls: CallsOption;
  /** Id of a model, or `auto`: whatever makes the archive smallest. */
  readonly model: string;
  readonly dictionary?: Dictionary | undefined;
  /** Whether it is wanted what each byte takes: told of inputs of up to EXACT_BYTES; each pixel of pictures of up to DETAILED_PIXELS, or each frame of sound of up to DETAILED_FRAMES. */
  readonly detail?: boolean;
  readonly signal: AbortSignal;
}

/** What it would take to compress an input, for a ladder of `calls`. */
export interface Estimate {
  readonly originalBytes: number;
  /** Id of the model that the ladder is of; of `auto`, the one that it tries. */
  readonly model: string;
  /** What the model is for. */
  readonly kind: string;
  /** Whether each rung was compressed, so that its bytes are what `compress` makes. */
  readonly exact: boolean;
  /** In the order of their calls. */
  readonly ladder: readonly Rung[];
  readonly peers: readonly PeerSize[];
  /** Left out where it was not asked for, or cannot be told. */
  readonly detail?: Detail;
}

/** What is expected at one setting of the dial. */
export interface Rung {
  /** Network calls per block that would be asked for, 1..1024, and what the model calls so many. */
  readonly calls: number;
  readonly names: readonly Preset[];
  /** What the archive would be coded with: a model's id, `brotli`, `stored` or `mixed`. */
  readonly model: string;
  /** Network calls that decompressing would take, 0 where no part is coded with a network. */
  readonly networkCalls: number;
  /** Of the whole archive, and between which bounds that is likely to be. */
  readonly bytes: number;
  readonly lowest: number;
  readonly highest: number;
  readonly compressSeconds: number;
  readonly decompressSeconds: number;
}

/** What a rung of the ladder is computed from: settings of the dial that make the same archive share one. */
export interface Setting {
  readonly calls: number;
  readonly dial: Dial;
}

/** What was found of a setting. */
export type Outcome = Omit<Rung, 'calls' | 'names'>;

/** Who compresses. */
export interface EstimateDependencies {
  readonly codec: Pick<
    Codec,
    'compress' | 'decompress' | 'demand' | 'inspect' | 'modelOf' | 'open' | 'maxOriginalSize'
  >;
  readonly coder: SegmentCoder;
}

/**
 * What it would take to compress an input: short ones are compressed, long ones judged by samples.
 *
 * @throws InputTooLargeError, ModelNotFoundError, DictionaryNotForModelError, and WorkAbandoned (or the signal's reason) when aborted. The caller
 * must not change `input` until the promise is settled.
 */
export async function estimate(
  { codec, coder }: EstimateDependencies,
  input: Uint8Array,
  options: EstimateOptions,
): Promise<Estimate> {
  if (input.length > codec.maxOriginalSize) throw new InputTooLargeError(input.length, codec.maxOriginalSize);
  const model = codec.modelOf(options.model);
  if (options.dictionary && !model.kind.takesConditions) throw new DictionaryNotForModelError(model.id);
  const isShort = input.length <= EXACT_BYTES;
  const rungs = rungsOf(model, options.calls, input.length);
  const settings = new Map(rungs.map(({ key, calls, dial }) => [key, { calls, dial }]));
  return await inScope(options.signal, async (signal) => {
    const { dictionary } = options;
    const ofBytes = model.kind.content === 'bytes';
    const all = [...settings.values()];
    const contained = isShort && ofBytes ? undefined : await estimateContained(codec, input, options, all, signal);
    const sampling = { coder, model, dictionary, signal };
    const { outcomes, peers } = contained
      ? contained
      : isShort
        ? await estimateShort(codec, sampling, input, all, options)
        : await estimateLong(sampling, input, all, options);
    const found = new Map([...settings.keys()].map((key, i) => [key, outcomes[i] as Outcome]));
    return {
      originalBytes: input.length,
      model: model.id,
      kind: model.kind.name,
      exact: contained?.content ? contained.content === 'pictures' : isShort,
      ladder: rungs.map(({ key, calls, names }) => ({ calls, names, ...(found.get(key) as Outcome) })),
      peers,
      ...(await detailOf(codec, sampling, input, options, outcomes)),
    };
  });
}

interface Step extends Setting {
  readonly names: readonly Preset[];
  /** The same key, the same archive. */
  readonly key: string;
}

/** The ladder's calls, those that the model gives names, and those asked for, in rising order. */
function rungsOf(model: CodecModel, asked: CallsOption, length: number): Step[] {
  const all = new Set([...LADDER, ...NAMES.map((name) => model.presets[name]), callsOf(model, asked)]);
  return [...all]
    .sort((a, b) => a - b)
    .map((calls) => {
      const dial = model.kind.dial(calls, length);
      const names = NAMES.filter((name) => model.presets[name] === calls);
      return { calls, names, dial, key: `${dial.schedule} ${dial.calls}` };
    });
}

/** Compresses the input at every setting. */
async function estimateShort(
  codec: EstimateDependencies['codec'],
  sampling: SampleSetting,
  input: Uint8Array,
  settings: readonly Setting[],
  { model, pixels, pcm }: EstimateOptions,
): Promise<{ outcomes: Outcome[]; peers: readonly PeerSize[] }> {
  const { coder, dictionary, signal } = sampling;
  const code = async ({ calls }: Setting) => {
    const { result, seconds } = await timed(() =>
      codec.compress(input, { calls, model, dictionary, pixels, pcm, signal }),
    );
    return { ...result, seconds, networkCalls: codec.demand(result.archive).networkCalls };
  };
  const others = await mapLimited(coder.size, signal, settings.slice(1), code);
  // It takes as long with all of them. One is coded by itself, as a request would be, and last: the first had to wait for what is made once.
  const alone = await mapLimited(1, signal, settings.slice(0, 1), code);
  const compressSeconds = alone[0]?.seconds ?? 0;
  const coded = [...alone, ...others];
  const network = await networkSeconds(input, sampling);
  const { sizes, brotli } = await measurePeers(input, signal);
  const outcomes = coded.map(({ archive: { length: bytes }, model: by, networkCalls }) => {
    const decompressSeconds = networkCalls > 0 ? network(networkCalls, input.length) : brotli.decompressSeconds;
    return { model: by, networkCalls, bytes, lowest: bytes, highest: bytes, compressSeconds, decompressSeconds };
  });
  return { outcomes, peers: sizes };
}

/** What each pixel or frame takes where some setting codes the input as a picture or sound, or else each byte; nothing where it was not asked for, or is too much. */
async function detailOf(
  codec: EstimateDependencies['codec'],
  sampling: SampleSetting,
  input: Uint8Array,
  { calls, detail, model: asked, pixels, pcm, signal }: EstimateOptions,
  outcomes: readonly Outcome[],
): Promise<{ readonly detail?: Detail }> {
  if (!detail) return {};
  const opened = await codec.open(input, { model: asked, pixels, pcm }, signal);
  const picture = opened?.file.content.picture;
  if (opened && picture && outcomes.some((outcome) => outcome.model === opened.model.id)) {
    if (picture.width * picture.height > DETAILED_PIXELS) return {};
    return {
      detail: await pixelwise(
        { ...sampling, model: opened.model },
        opened.file.samples,
        picture,
        callsOf(opened.model, calls),
      ),
    };
  }
  const sound = opened?.file.content.sound;
  if (opened && sound && outcomes.some((outcome) => outcome.model === opened.model.id)) {
    if (sound.frames > DETAILED_FRAMES) return {};
    const by = { ...sampling, model: opened.model };
    return { detail: await framewise(by, opened.file.samples, sound, callsOf(opened.model, calls)) };
  }
  const { model: ofBytes } = sampling;
  if (input.length > EXACT_BYTES || ofBytes.kind.content !== 'bytes') return {};
  return { detail: await bytewise(sampling, input, callsOf(ofBytes, calls)) };
}
