import type { MixingParameters } from './parameters.js';

/** Weights of a set are filled up with zeros to whole groups of so many. */
const GROUP = 8;

const made = new WeakMap<MixingParameters, Uint8Array>();

/**
 * A model's parameters as they lie in memory when a segment begins, in the order that `assembly/mixer.ts` reads them in: estimates of the
 * contexts and the match, weights by node, by match, and the last ones. Made once: a short segment would notice.
 */
export function mixerParameters(parameters: MixingParameters): Uint8Array {
  const known = made.get(parameters);
  if (known) return known;
  const { history, historySeen, match, matchSeen } = parameters;
  const sets = [parameters, ...(parameters.skip ? [parameters.skip] : [])];
  const weights = (mixer: 0 | 1): readonly (readonly number[])[] => sets.flatMap((set) => set.weights[mixer]);
  const words = Uint32Array.from([
    ...estimates(history.flat(), historySeen.flat()),
    ...estimates(match, matchSeen),
    ...weights(0).flatMap(filled),
    ...weights(1).flatMap(filled),
    ...sets.flatMap(({ final }) => final.flat()),
  ]);
  const bytes = new Uint8Array(words.buffer);
  made.set(parameters, bytes);
  return bytes;
}

/** Probability in 1/2^22, and in the lowest 8 bits the observations. */
function estimates(probabilities: readonly number[], seen: readonly number[]): number[] {
  return probabilities.map((probability, i) => probability * 256 + (seen[i] as number));
}

function filled(set: readonly number[]): number[] {
  return [...set, ...Array<number>(GROUP * Math.ceil(set.length / GROUP) - set.length).fill(0)];
}
