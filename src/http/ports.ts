import type { Kept, SampleOptions } from '../codec/codec.js';
import type { Dictionaries, Dictionary } from '../codec/dictionary.js';
import type { Estimate, EstimateOptions } from '../codec/estimate.js';
import type { FrameCodec } from '../codec/frames.js';
import type { ArchiveInfo } from '../codec/inspect.js';
import type { CallsOption, CodecModel, Preset } from '../codec/models.js';

/** What the HTTP layer needs of the codec (`src/codec/codec.ts` provides it). */
export interface CompressionCodec {
  /**
   * @param options.model the id of a model, or `auto`.
   * @param options.keep what the archive is to keep of the file besides its bytes.
   * @returns the archive; `model` says what coded it (a model's id, `brotli`, `stored` or `mixed`) and `calls` how many
   *   network calls per block the dial came to, null where there are none.
   */
  compress(
    input: Uint8Array,
    options: {
      calls: CallsOption;
      model: string;
      keep?: Kept;
      dictionary?: Dictionary | undefined;
      signal: AbortSignal;
    },
  ): Promise<{ archive: Uint8Array; model: string; calls: number | null }>;
  /** @returns the original bytes, verified against the archive's checksums. */
  decompress(
    archive: Uint8Array,
    options: { dictionaries?: Dictionaries | undefined; signal: AbortSignal },
  ): Promise<Uint8Array>;
  /** What compressing would come to. */
  estimate(input: Uint8Array, options: EstimateOptions): Promise<Estimate>;
  /** What a model makes of random bits. */
  sample(options: SampleOptions): Promise<Uint8Array>;
  /** Records without headers. */
  readonly frames: Pick<FrameCodec, 'compress' | 'decompress'>;
  /** @throws ModelNotFoundError */
  modelOf(id: string): CodecModel;
  /** What decompressing would take, as the header says: bytes of the original, and network calls. */
  demand(archive: Uint8Array): { originalSize: number; networkCalls: number };
  inspect(archive: Uint8Array): ArchiveInfo;
}

/** A model, as `GET /v1/models` shows it. */
export interface ModelDescription {
  readonly id: string;
  readonly kind: string;
  readonly units: string;
  /** Identity in lower-case hexadecimal, 64 digits. */
  readonly hash: string;
  /** For how many bytes `calls` is given. */
  readonly blockLength: number;
  /** Bytes of the model file. */
  readonly size: number;
  /** Measured for a ladder of `calls`, in rising order. */
  readonly rate: readonly { readonly calls: number; readonly bitsPerByte: number }[];
  readonly presets: Readonly<Record<Preset, number>>;
  readonly default: Preset;
  readonly trainedOn: string;
}
