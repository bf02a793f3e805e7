import type { Dial, Segment } from '../archive/types.js';
import { archiveLength } from './archive-length.js';
import { TRIAL_FREE } from './choose.js';
import type { EstimateOptions, Outcome, Setting } from './estimate.js';
import { judgeNetwork } from './estimate-network.js';
import { networkSeconds } from './estimate-seconds.js';
import { measurePeers, type PeerSize } from './peers.js';
import type { SampleSetting } from './sample-setting.js';
import { balancedSegments } from './split.js';
import { HOPELESS, isTrivial } from './trial.js';

/**
 * What it would take to compress an input of more than EXACT_BYTES, judged by what is made of samples of it, at the cost of coding some 256 KiB.
 */
export async function estimateLong(
  sampling: SampleSetting,
  input: Uint8Array,
  settings: readonly Setting[],
  { model: asked }: Pick<EstimateOptions, 'model'>,
): Promise<{ outcomes: Outcome[]; peers: readonly PeerSize[] }> {
  const { coder, model, signal } = sampling;
  const auto = asked === 'auto';
  const segments = await balancedSegments(input, signal);
  const dials = settings.map(({ dial }) => dial);
  const network = await judgeNetwork(input, segments, dials, sampling);
  const decodeSeconds = await networkSeconds(input, sampling);
  const { sizes, brotli } = await measurePeers(input, signal);

  const lengths = segments.map(({ length }) => length);
  /** Of work that is spread over the workers segment by segment. */
  const together = (seconds: number): number =>
    seconds * Math.max(Math.max(...lengths) / input.length, 1 / Math.min(coder.size, segments.length));
  const others: readonly Candidate[] = [
    { by: 'stored', bytes: archiveOf(input, [input.length], input.length) },
    ...(auto ? [{ by: 'brotli', bytes: archiveOf(input, [input.length], brotli.bytes) }] : []),
  ];
  const outcomes = dials.map((dial): Outcome => {
    const coded = network.bytes(dial);
    const best = (bytes: number): Candidate => {
      const byNetwork = archiveOf(input, lengths, bytes, dial, model.identity);
      const candidates = [...others, { by: auto && network.mixed ? 'mixed' : model.id, bytes: byNetwork }];
      return candidates.reduce((least, candidate) => (candidate.bytes < least.bytes ? candidate : least));
    };
    const { by, bytes } = best(coded);
    const isCoded = by !== 'stored' && by !== 'brotli';
    const networkCalls = isCoded
      ? lengths.reduce((calls, length) => calls + model.kind.totalCalls(length, dial), 0)
      : 0;
    const encodeSeconds = together(network.secondsPerByte * input.length);
    return {
      model: by,
      networkCalls,
      bytes,
      lowest: best(coded - network.error(dial)).bytes,
      highest: best(coded + network.error(dial)).bytes,
      compressSeconds: auto
        ? Math.max(brotli.compressSeconds, isTried(coded, input.length, brotli.bytes) ? encodeSeconds : 0)
        : encodeSeconds,
      decompressSeconds: isCoded ? together(decodeSeconds(networkCalls, input.length)) : brotli.decompressSeconds,
    };
  });
  return { outcomes, peers: sizes };
}

/** Whether `auto` has the network code an input before it knows that brotli is better: as `isPromising` and `isTrivial` will find. */
function isTried(coded: number, length: number, byBrotli: number): boolean {
  return length <= TRIAL_FREE || (coded < length && coded <= HOPELESS * byBrotli && !isTrivial(byBrotli, length));
}

/** What the bytes may be coded with, and how many bytes the archive then has. */
interface Candidate {
  readonly by: string;
  readonly bytes: number;
}

/** Bytes of an archive whose segments' payloads have so many bytes together. */
function archiveOf(
  input: Uint8Array,
  lengths: readonly number[],
  bytes: number,
  dial?: Dial,
  model?: Uint8Array,
): number {
  const total = Math.min(input.length, Math.max(0, Math.round(bytes)));
  const segments = lengths.map((length, i): Segment => {
    const payload = input.subarray(0, i === 0 ? total : 0);
    return dial && model
      ? { method: 'ardm', length, payload, crc: 0, dial, model }
      : { method: 'stored', length, payload, crc: 0 };
  });
  return archiveLength(segments);
}
