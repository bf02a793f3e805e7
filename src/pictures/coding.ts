import { z } from 'zod';

/** Contexts of bit histories, residual maps, and inputs of the mixer: contexts, maps, zeros, the network, a constant. */
export const CONTEXTS = 12;
export const MAPS = 8;
export const INPUTS = 24;
/** Kinds of samples (alpha, green, red, blue), levels of a map's context. */
export const SAMPLES = 4;
export const LEVELS = 24;
/** States of a bit history that parameters are given for. */
const HISTORY_STATES = 256;
/** Sets of weights: by sample, bit and activity; by sample, cost and kind of step. */
export const WEIGHT_SETS = [4 * 8 * 9, 4 * 12 * 2] as const;
/** Of the last weights: by sample and bit. */
export const FINAL_SETS = 4 * 8;

const probability = z
  .int()
  .min(0)
  .max(2 ** 22 - 1);
const weight = z
  .int()
  .min(-(2 ** 22))
  .max(2 ** 22);
const sets = (count: number, width: number) => z.array(z.array(weight).length(width)).length(count);

/** `mixing` of coding.json: what a segment starts with (`mixing.md`, section 5). */
const mixingSchema = z.strictObject({
  /** By context and state: probability of a 1 in 1/2^22, and the observations that it counts for. */
  history: z.array(z.array(probability).length(HISTORY_STATES)).length(CONTEXTS),
  historySeen: z.array(z.array(z.int().min(0).max(255)).length(HISTORY_STATES)).length(CONTEXTS),
  weights: z.tuple([sets(WEIGHT_SETS[0], INPUTS), sets(WEIGHT_SETS[1], INPUTS)]),
  final: sets(FINAL_SETS, 2),
  /** By map, sample and level: which of the scales a row starts with. */
  maps: z.array(z.array(z.array(z.int().min(0).max(415)).length(LEVELS)).length(SAMPLES)).length(MAPS),
});

/** The content of a picture model's coding.json. */
export const codingSchema = z.strictObject({
  /** Tables of `models/training/pictures/pictures.md`, section 6. */
  logitWeights: z
    .array(z.int().min(0).max(65536))
    .min(1)
    .max(2048)
    .refine(([highest = 0]) => highest > 0, 'the highest logit must weigh something'),
  logistic: z
    .array(z.int().min(0).max(65535))
    .length(385)
    .refine((values) => values.every((value, i) => i === 0 || value >= (values[i - 1] as number)), 'must never fall'),
  inverseScales: z
    .array(
      z
        .int()
        .min(1)
        .max(2 ** 21),
    )
    .length(416),
  mixing: mixingSchema,
});

export type Coding = z.infer<typeof codingSchema>;
export type Mixing = z.infer<typeof mixingSchema>;
