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
  /** Pixels a side, at most, of what it is made for; left out where of all that no other is. */
  readonly longestSide?: number;
}

/** The models of this server (`src/runtime/registry.ts`). */
export interface CodecModels {
  byId(id: string): CodecModel | undefined;
  /** @param shortId the first two bytes of the identity. */
  byShortId(shortId: Uint8Array): CodecModel | undefined;
  /** In a stable order, at least one. */
  list(): readonly CodecModel[];
}

/**
 * What may code samples of such content, of so many a side: what is made for all, and before it what is made for no larger ones, the narrowest; of equals
 * the last by name. Which of two makes less of a picture, nobody knows but by coding it.
 */
export function modelsFor(
  models: CodecModels,
  { content, longestSide }: { readonly content: DialRules['content']; readonly longestSide: number },
): readonly CodecModel[] {
  const fit = models.list().filter((model) => model.kind.content === content && longestSide <= mostOf(model));
  const general = fit.findLast((model) => model.longestSide === undefined);
  const least = Math.min(...fit.map(mostOf));
  const narrowest = fit.findLast((model) => mostOf(model) === least);
  return [...new Set([narrowest, general])].filter((model) => model !== undefined);
}

function mostOf({ longestSide = Number.POSITIVE_INFINITY }: CodecModel): number {
  return longestSide;
}

export type Preset = 'fast' | 'balanced' | 'small';

/** The dial: network calls per block of 1,024 bytes, 1..1024, or a name for what the model's makers found good. */
export type CallsOption = number | Preset;

/** The number of calls that is meant with a model. */
export function callsOf({ presets }: CodecModel, calls: CallsOption): number {
  return typeof calls === 'number' ? calls : presets[calls];
}
