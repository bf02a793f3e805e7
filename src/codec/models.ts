import type { DialRules, Kind } from '../ardm/kind.js';

/** What the codec needs to know of a model. */
export interface CodecModel {
  readonly id: string;
  /** 32 bytes. */
  readonly identity: Uint8Array;
  /** What its dial means, and what it is called. */
  readonly kind: DialRules & Pick<Kind, 'name' | 'units'>;
  /** Positions after which a segment begins a new block of calls; left out where the whole of it is one. */
  readonly blockLength?: number;
  /** Network calls per block that the names stand for, 1..1024. */
  readonly presets: Readonly<Record<Preset, number>>;
}

/** The models of this server (`src/runtime/registry.ts`). */
export interface CodecModels {
  byId(id: string): CodecModel | undefined;
  /** @param shortId the first two bytes of the identity. */
  byShortId(shortId: Uint8Array): CodecModel | undefined;
  /** In a stable order, at least one. */
  list(): readonly CodecModel[];
}

export type Preset = 'fast' | 'balanced' | 'small';

/** The dial: network calls per block of 1,024 bytes, 1..1024, or a name for what the model's makers found good. */
export type CallsOption = number | Preset;

/** The number of calls that is meant with a model. */
export function callsOf({ presets }: CodecModel, calls: CallsOption): number {
  return typeof calls === 'number' ? calls : presets[calls];
}
