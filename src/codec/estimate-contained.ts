import type { EstimateDependencies, EstimateOptions, Outcome } from './estimate.js';
import { timed } from './estimate-seconds.js';
import { measurePeers, type PeerSize } from './peers.js';

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
  signal: AbortSignal,
): Promise<{ outcome: Outcome; peers: readonly PeerSize[]; isPicture: boolean } | undefined> {
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
  return { outcome, peers: sizes, isPicture: opened?.parts?.content === 'pictures' && by === opened.model.id };
}
