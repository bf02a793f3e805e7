import type { DialRules, Shape } from '../ardm/kind.js';

/** A part of samples that is a segment of its own. */
export interface Part {
  /** Bytes. */
  readonly length: number;
  /** Pixels, or frames of sound: what progress is counted in while it is coded. */
  readonly positions: number;
  /** As models of such samples need it. */
  readonly shape: Shape;
}

/** Samples on which a model is tried. */
export interface Trial {
  readonly bytes: Uint8Array;
  readonly shape: Shape;
}

/** How samples that are no bytes are cut into segments: a picture into tiles (`picture.ts`), sound in time (`sound.ts`). */
export interface Parts {
  /** What models code such samples. */
  readonly content: DialRules['content'];
  /** Bytes of all samples. */
  readonly length: number;
  /** How many parts there are: known before they are listed. */
  readonly count: number;
  /** All of them, in the order of the segments. */
  list(): readonly Part[];
  /** The samples of one part: a view, or a copy. */
  cut(samples: Uint8Array, index: number): Uint8Array;
  /** The samples of all, from those of the parts. */
  join(segments: readonly Uint8Array[]): Uint8Array;
  /** What of many samples a model is tried on, so that what nothing can be won of costs no whole pass; none of few, nor where it is plain that much can. */
  trials(samples: Uint8Array): readonly Trial[];
}
