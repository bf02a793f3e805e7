import type { Said } from '../codec/contained.js';
import type { Estimate as FullEstimate } from '../codec/estimate.js';
import type { ArchiveInfo } from '../codec/inspect.js';
import type { CallsOption } from '../codec/models.js';
import type { ModelDescription } from '../runtime/describe-model.js';

/** Told of the original's bytes that are coded so far, and how many there are. */
export type OnBytes = (done: number, all: number) => void;

export interface CompressSetting extends Said {
  readonly calls: CallsOption;
  readonly model: string;
}

export interface Compressed {
  readonly archive: Uint8Array;
  /** What it was coded with. */
  readonly model: string;
  /** Network calls that a block takes; undefined where there are none. */
  readonly calls?: number | undefined;
}

/** What it would take to compress a file. */
export type Estimate = Omit<FullEstimate, 'detail'>;

/** What codes files for the command: the engine in this process, or a server. */
export interface Service {
  compress(input: Uint8Array, setting: CompressSetting, onBytes: OnBytes): Promise<Compressed>;
  decompress(archive: Uint8Array, onBytes: OnBytes): Promise<Uint8Array>;
  inspect(archive: Uint8Array): Promise<ArchiveInfo>;
  estimate(input: Uint8Array, setting: CompressSetting): Promise<Estimate>;
  models(): Promise<readonly ModelDescription[]>;
  makeDictionary(samples: Uint8Array, setting: DictionarySetting): Promise<MadeDictionary>;
  close(): Promise<void>;
}

export interface DictionarySetting {
  /** Bytes at most. */
  readonly size: number;
  readonly split: 'auto' | 'json' | 'lines' | 'none';
  readonly model: string;
}

/** As the server shows it. */
export interface MadeDictionary {
  readonly id: string;
  readonly content: Uint8Array;
  readonly gains: {
    readonly samples: number;
    readonly sampleBytes: number;
    readonly bytesWithout: number;
    readonly bytesWith: number;
    readonly bytesBrotli: number;
    readonly verdict: string;
  };
}

/** Where files are coded, and with what. */
export interface ServiceOptions {
  /** The address of a server; undefined: in this process. */
  readonly server?: string | undefined;
  readonly key?: string | undefined;
  /** A file, or with a server its id. */
  readonly dictionary?: string | undefined;
  /** Bytes of the largest original, if that is known: how many workers are worth their start. */
  readonly expectedBytes?: number;
}

/** Either is loaded only where it is used: together they take longer than to code a short file. */
export async function openService(options: ServiceOptions): Promise<Service> {
  if (options.server !== undefined)
    return (await import('./remote.js')).openRemote({ ...options, server: options.server });
  return await (await import('./embedded.js')).openEmbedded(options);
}
