import type { SegmentCoder } from './coder.js';
import type { Dictionary } from './dictionary.js';
import type { CodecModel } from './models.js';

/** How samples of an input are coded. */
export interface SampleSetting {
  readonly coder: SegmentCoder;
  readonly model: CodecModel;
  readonly dictionary?: Dictionary | undefined;
  readonly signal: AbortSignal;
}
