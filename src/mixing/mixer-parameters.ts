import { type MixingParameters, OTHER_INPUTS } from './parameters.js';

/** Inputs come in whole groups of so many: contexts, zeros, then the network, the match and a constant. */
const GROUP = 8;

const made = new WeakMap<MixingParameters, Uint8Array>();

/**
 * A model's parameters as they lie in memory when a segment begins, in the order that `assembly/mixer.ts` reads them in: estimates of the
 * contexts and the match, weights by node, by match, by class, and the last ones. Made once: a short segment would notice.
 */
export function mixerParameters(parameters: MixingParameters): Uint8Array {
  const known = made.get(parameters);
  if (known) return known;
  const { history, historySeen, match, matchSeen, classes = [] } = parameters;
  const sets = [parameters, ...(parameters.skip ? [parameters.skip] : [])];
  const weights = (mixer: 0 | 1): readonly (readonly number[])[] => sets.flatMap((set) => set.weights[mixer]);
  const words = Uint32Array.from([
    ...estimates(history.flat(), historySeen.flat()),
    ...estimates(match, matchSeen),
    ...weights(0).flatMap(filled),
    ...weights(1).flatMap(filled),
    ...classes.flatMap(filled),
    // Three fill up the place of four.
    ...sets.flatMap(({ final }) => final.flatMap((weights) => (classes.length > 0 ? [...weights, 0] : weights))),
  ]);
  const bytes = new Uint8Array(words.buffer);
  made.set(parameters, bytes);
  return bytes;
}

/** Probability in 1/2^22, and in the lowest 8 bits the observations. */
function estimates(probabilities: readonly number[], seen: readonly number[]): number[] {
  return probabilities.map((probability, i) => probability * 256 + (seen[i] as number));
}

/** A set of weights in the order of the program's inputs. */
function filled([network = 0, ...others]: readonly number[]): number[] {
  const contexts = others.slice(0, -2);
  const setSize = GROUP * Math.ceil((contexts.length + OTHER_INPUTS) / GROUP);
  const unused = Array<number>(setSize - contexts.length - OTHER_INPUTS).fill(0);
  return [...contexts, ...unused, network, ...others.slice(-2)];
}
