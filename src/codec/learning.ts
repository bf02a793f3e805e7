import { quickLength } from './brotli.js';
import { mapLimited } from './map-limited.js';
import type { SampleSetting } from './sample-setting.js';
import { evenly, sum } from './sums.js';

/** Pieces of a long input that are coded, and bytes of each; brotli sees how fast they are learned in the first, the first two, and all four parts. */
const PIECES = 4;
export const PIECE = 2 ** 15;
const BEGINNINGS = [PIECE / 4, PIECE / 2, PIECE];

/** Chunks as long as a piece, and segments, that the quick brotli is given at most. */
const MOST_CHUNKS = 64;
const MOST_SEGMENTS = 16;

/**
 * How much of what brotli learns the model does, until pieces tell otherwise; how much brotli must learn in them to tell as much as this; and the
 * most. Found with text-2 on 29 files of 170 KB to 4 MB: programs, sources, JSON, HTML, books.
 */
const LEARNED = { expected: 0.8, doubt: 0.06 ** 2, most: 1.3 };

/** What a model makes of a long input whose segments are one lane each: position after position. */
export interface Learning {
  /** Bytes. */
  readonly bytes: number;
  /** Part of them that it may be less or more. */
  readonly error: number;
  /** Whether there are pieces that the model does not shrink. */
  readonly mixed: boolean;
  readonly pieces: readonly Uint8Array[];
  /** Bytes that the model makes of one of them. */
  lengthOf(piece: Uint8Array): number;
}

/**
 * Judges by pieces what a model makes of a long input. How they differ from the rest, and how much longer segments learn than pieces, a quick
 * brotli tells that is given all of them: what the model learns is the same part of what brotli learns as from the beginning of a piece to its end.
 *
 * @param segments that the input is cut into.
 */
export async function judgeLearning(
  input: Uint8Array,
  segments: readonly Uint8Array[],
  { coder, model, dictionary, signal }: SampleSetting,
): Promise<Learning> {
  const pieces = spread(input, PIECES);
  const dial = model.kind.dial(1024, PIECE);
  const traces = await mapLimited(coder.size, signal, pieces, (piece) =>
    coder.trace(model.id, piece, dial, signal, dictionary),
  );
  const rate = async (parts: readonly Uint8Array[]): Promise<number> =>
    sum(await mapLimited(2, signal, parts, (part) => quickLength(part, signal))) /
    sum(parts.map(({ length }) => length));
  const coded = BEGINNINGS.map((end) => sum(traces.map(({ bits }) => sum(bits.subarray(0, end)))) / (8 * PIECES * end));
  const quick: number[] = [];
  for (const end of BEGINNINGS) quick.push(await rate(pieces.map((piece) => piece.subarray(0, end))));
  const quickChunks = await rate(spread(input, Math.min(MOST_CHUNKS, Math.floor(input.length / PIECE))));
  const quickSegments = await rate(evenly(segments, MOST_SEGMENTS));

  const toCome = learnedPart(coded, quick) * Math.log(quickSegments / quickChunks);
  const lengths = traces.map(({ bits }) => Math.min(PIECE, sum(bits) / 8));
  const quickPieces = await Promise.all(pieces.map((piece) => quickLength(piece, signal)));
  const ratio = sum(lengths) / sum(quickPieces);
  const ratios = lengths.map((length, i) => length / (quickPieces[i] as number) / ratio);
  const bytes = input.length * ratio * quickChunks * Math.exp(toCome);
  return {
    bytes: Math.min(bytes, input.length),
    error: 0.02 + deviation(ratios) / Math.sqrt(PIECES) + 0.3 * Math.abs(toCome),
    mixed: lengths.some((length) => length >= PIECE) && bytes < input.length,
    pieces,
    lengthOf: (piece) => lengths[pieces.indexOf(piece)] as number,
  };
}

/** Slope of the logarithm of the model's rate over that of brotli's, least squares with a prior. */
function learnedPart(coded: readonly number[], quick: readonly number[]): number {
  let products = LEARNED.doubt * LEARNED.expected;
  let squares = LEARNED.doubt;
  for (let i = 1; i < coded.length; i++) {
    const step = Math.log((quick[i] as number) / (quick[i - 1] as number));
    products += step * Math.log((coded[i] as number) / (coded[i - 1] as number));
    squares += step * step;
  }
  return Math.min(LEARNED.most, Math.max(0, products / squares));
}

/** `count` pieces of the input, evenly spread. */
function spread(input: Uint8Array, count: number): Uint8Array[] {
  return Array.from({ length: count }, (_, i) => {
    const at = Math.floor(((input.length - PIECE) * (i + 0.5)) / count);
    return input.subarray(at, at + PIECE);
  });
}

function deviation(values: readonly number[]): number {
  const mean = sum(values) / values.length;
  return Math.sqrt(sum(values.map((value) => (value - mean) ** 2)) / (values.length - 1));
}
