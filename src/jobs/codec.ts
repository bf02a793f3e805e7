import type { Kept } from '../codec/codec.js';
import type { Said } from '../codec/contained.js';
import type { Dictionaries, Dictionary } from '../codec/dictionary.js';
import type { CallsOption } from '../codec/models.js';

/** Told how far a file is: original bytes that are coded, network calls made, and how many it takes as far as is known. */
export type OnProgress = (progress: { bytes: number; networkCalls: number; totalNetworkCalls: number }) => void;

/** What jobs need of the codec (`src/codec/codec.ts` provides it). */
export interface JobCodec {
  compress(
    input: Uint8Array,
    options: Said & {
      calls: CallsOption;
      model: string;
      keep?: Kept;
      dictionary?: Dictionary | undefined;
      signal: AbortSignal;
      onProgress: OnProgress;
    },
  ): Promise<{ archive: Uint8Array; model: string; calls: number | null }>;
  decompress(
    archive: Uint8Array,
    options: { dictionaries?: Dictionaries | undefined; signal: AbortSignal; onProgress: OnProgress },
  ): Promise<Uint8Array>;
  /** What decompressing would take, as the header says. */
  demand(archive: Uint8Array): { originalSize: number; networkCalls: number };
  /** What the archive keeps of the file besides its bytes. */
  inspect(archive: Uint8Array): Kept;
}

/** Where jobs find the dictionaries of their owners (`src/dictionaries` provides it). */
export interface JobDictionaries {
  /** @throws the error of a dictionary that is not there. */
  get(owner: string, id: string): Promise<{ readonly dictionary: Dictionary }>;
  of(owner: string): Dictionaries;
}
