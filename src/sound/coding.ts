import { z } from 'zod';

/** Inputs and outputs of the network; decisions that are told apart, and inputs of the mixer (`sound.md`). */
export const COLUMNS = 80;
export const OUTPUTS = 36;
export const NODES = 64;
export const INPUTS = 16;

const weight = z
  .int()
  .min(-(2 ** 22))
  .max(2 ** 22);
const forgetting = z
  .number()
  .min(0)
  .max(1 - 2 ** -16);
const ridge = z
  .number()
  .gt(0)
  .max(2 ** 40);
const every = z.int().min(1).max(4096);

/** Predictors of a channel: `predictors.md`, section 8. */
const predictorsSchema = z.strictObject({
  leastSquares: z
    .array(
      z.strictObject({
        own: z.int().min(1).max(128),
        other: z.int().min(0).max(32),
        forgetting,
        ridge,
        every,
      }),
    )
    .length(4),
  cascade: z
    .array(z.strictObject({ taps: z.int().min(8).max(1024).multipleOf(8), step: z.number().gt(0).max(1) }))
    .min(1)
    .max(4),
  blend: z.strictObject({ forgetting, ridge, every }),
});

/** The content of a sound model's coding.json. */
export const codingSchema = z.strictObject({
  predictors: predictorsSchema,
  /** Tables of `sound.md`, section 4. */
  logitWeights: z.array(z.int().min(0).max(65536)).length(2048),
  logistic: z
    .array(
      z
        .int()
        .min(0)
        .max(2 ** 28),
    )
    .length(385)
    .refine((values) => values.every((value, i) => i === 0 || value >= (values[i - 1] as number)), 'must never fall'),
  inverseScales: z.array(z.int().min(1).max(65535)).length(64),
  /** What a segment starts with: by node the weights of the mixers, and the two of the last. */
  mixing: z.strictObject({
    weights: z.array(z.array(weight).length(INPUTS)).length(NODES),
    final: z.array(z.array(weight).length(2)).length(NODES),
  }),
});

export type Coding = z.infer<typeof codingSchema>;
