import { segmentCrc } from '../archive/checksum.js';
import type { Dial, Segment } from '../archive/types.js';
import type { Shape } from '../ardm/kind.js';
import { archiveLength } from './archive-length.js';
import { brotliEncode } from './brotli.js';
import type { SegmentCoder } from './coder.js';
import type { Dictionary } from './dictionary.js';
import type { CodecModel } from './models.js';
import type { ProgressMeter } from './progress.js';

export function storedSegment(bytes: Uint8Array): Segment {
  return { method: 'stored', length: bytes.length, payload: bytes, crc: segmentCrc(bytes, bytes.length) };
}

export async function brotliSegment(bytes: Uint8Array, signal: AbortSignal): Promise<Segment> {
  const payload = await brotliEncode(bytes, signal);
  return { method: 'brotli', length: bytes.length, payload, crc: segmentCrc(bytes, payload.length) };
}

/** How ARDM segments of one request are coded. */
export interface ArdmSetting {
  readonly coder: SegmentCoder;
  readonly model: CodecModel;
  readonly dial: Dial;
  readonly progress: ProgressMeter;
  readonly dictionary?: Dictionary | undefined;
  /** Of a model whose segments have one. */
  readonly shape?: Shape;
}

/** @param counted bytes of the file that the segment stands for in the progress, and positions that its coder counts. */
export async function ardmSegment(
  bytes: Uint8Array,
  { coder, model, dial, progress, dictionary, shape }: ArdmSetting,
  signal: AbortSignal,
  counted = { length: bytes.length, positions: bytes.length },
): Promise<Segment> {
  const calls = model.kind.encoderCalls(bytes.length, dial, shape);
  const { onCoded, done } = progress.segment(counted.length, calls, counted.positions);
  const payload = await coder.encode(model.id, bytes, dial, signal, onCoded, dictionary, shape);
  done();
  const crc = segmentCrc(bytes, payload.length, model.identity, dictionary?.identity);
  return { method: 'ardm', length: bytes.length, payload, crc, dial, model: model.identity };
}

/** The segment that takes fewest bytes in an archive; of equals the first. */
export function smallest(candidates: readonly [Segment, ...Segment[]]): Segment {
  return candidates.reduce((best, candidate) =>
    archiveLength([candidate]) < archiveLength([best]) ? candidate : best,
  );
}
