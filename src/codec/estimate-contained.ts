import type { OpenedForModel } from './codec.js';
import type { EstimateDependencies, EstimateOptions, Outcome, Setting } from './estimate.js';
import { timed } from './estimate-seconds.js';
import { callsOf } from './models.js';
import { measurePeers, type PeerSize } from './peers.js';

/** Part of its bytes by which sound takes more or less at another setting of the dial: 0.9 % at most of voices of 4,000 to 80,000 samples. */
const SOUND_VARIES = 1 / 50;

/**
 * What it takes to compress a file whose samples are coded in place of its bytes: a picture, say. The dial means next to nothing to it, so it is
 * compressed once, and decompressed.
 *
 * @returns undefined where its bytes are coded after all. @throws as `Codec.compress`.
 */
export async function estimateContained(
  codec: EstimateDependencies['codec'],
  input: Uint8Array,
  options: EstimateOptions,
  settings: readonly Setting[],
  signal: AbortSignal,
): Promise<{ outcomes: Outcome[]; peers: readonly PeerSize[]; content: string | undefined } | undefined> {
  const { calls, model, dictionary, pixels, pcm } = options;
  const opened = await codec.open(input, { model, pixels, pcm }, signal);
  if (!opened && (model === 'auto' || codec.modelOf(model).kind.content === 'bytes')) return undefined;
  const there = await timed(() => codec.compress(input, { calls, model, dictionary, pixels, pcm, signal }));
  const { archive, model: by } = there.result;
  if (model === 'auto' && !codec.inspect(archive).container) return undefined;
  const back = await timed(() => codec.decompress(archive, { signal }));
  const { sizes } = await measurePeers(input, signal);
  const bytes = archive.length;
  const outcome = {
    model: by,
    networkCalls: codec.demand(archive).networkCalls,
    bytes,
    lowest: bytes,
    highest: bytes,
    compressSeconds: there.seconds,
    decompressSeconds: back.seconds,
  };
  const coded = opened && by === opened.model.id ? opened : undefined;
  const isSound = coded?.parts?.content === 'sound';
  const outcomes = settings.map((setting) => (isSound ? soundAt(setting, coded, outcome, options) : outcome));
  return { outcomes, peers: sizes, content: coded?.parts?.content };
}

/** What sound takes at another setting, by what it took at the one that was asked for: the calls follow from its length. */
function soundAt(
  { calls }: Setting,
  { parts, model, file }: OpenedForModel,
  outcome: Outcome,
  options: EstimateOptions,
): Outcome {
  if (!parts || calls === callsOf(model, options.calls)) return outcome;
  const { kind } = model;
  const list = parts.list();
  const dial = kind.dial(calls, file.samples.length, list[0]?.shape);
  return {
    ...outcome,
    networkCalls: list.reduce((sum, { length, shape }) => sum + kind.totalCalls(length, dial, shape), 0),
    lowest: Math.floor(outcome.bytes * (1 - SOUND_VARIES)),
    highest: Math.ceil(outcome.bytes * (1 + SOUND_VARIES)),
  };
}
