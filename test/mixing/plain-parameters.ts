import { CLASSES, type MixingParameters } from '../../src/mixing/parameters.js';

/** Parameters of a mixer that trusts the network and knows nothing else: every other estimate is in the middle, and quick to move. */
export function plainParameters(contexts: number, byClass = false): MixingParameters {
  const middle = (count: number): number[] => Array(count).fill(2 ** 21);
  const sets = (count: number): number[][] =>
    Array.from({ length: count }, () => [65536, ...Array<number>(contexts + 2).fill(3000)]);
  return {
    ...(byClass && { classes: sets(8 * CLASSES) }),
    rate: 12,
    history: Array.from({ length: contexts }, () => middle(256)),
    historySeen: Array.from({ length: contexts }, () => Array(256).fill(0)),
    match: middle(32),
    matchSeen: Array(32).fill(0),
    weights: [sets(256), sets(33)],
    final: Array.from({ length: 256 }, () => (byClass ? [21845, 21845, 21845] : [32768, 32768])),
  };
}
