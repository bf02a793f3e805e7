import { segmentCrc } from '../archive/checksum.js';
import type { Dial, Segment } from '../archive/types.js';
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
}

export async function ardmSegment(
  bytes: Uint8Array,
  { coder, model, dial, progress, dictionary }: ArdmSetting,
  signal: AbortSignal,
): Promise<Segment> {
  const { onCoded, done } = progress.segment(bytes.length, model.kind.encoderCalls(bytes.length, dial));
  const payload = await coder.encode(model.id, bytes, dial, signal, onCoded, dictionary);
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
