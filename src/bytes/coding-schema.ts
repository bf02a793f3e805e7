import { z } from 'zod';
import { BLOCK_LENGTH } from '../ardm/order.js';
import { CLASSES, HISTORY_STATES, MATCH_SETS, OTHER_INPUTS } from '../mixing/parameters.js';
import { type Coding, SEGMENT_BLOCK } from './coding.js';
import { CONTEXT_VALUES, CONTEXTS } from './contexts.js';

const columnSchema = z.strictObject({
  context: z.enum(CONTEXTS),
  bits: z.int().min(1).max(24),
  offset: z.int().min(0),
});

const probability = z
  .int()
  .min(0)
  .max(2 ** 22 - 1);
const seen = z.int().min(0).max(255);
const weight = z
  .int()
  .min(-(2 ** 22))
  .max(2 ** 22);

/** Where buckets of a match's length and of a history's count begin (`features.md`), so that contexts tell which positions are certain. */
const MATCH_LENGTHS = [7, 8, 9, 11, 13, 16, 20, 32, 64, 128, 256, 512];
const HISTORY_COUNTS = [1, 2, 3, 4, 6, 9, 15];

/** Weights of the mixers, 256 and 33 sets, and of the last one. */
const mixerWeights = {
  weights: z.tuple([z.array(z.array(weight)).length(256), z.array(z.array(weight)).length(MATCH_SETS)]),
  final: z.array(z.array(weight)).length(256),
};

/** `mixing` of coding.json: the shapes and ranges that `src/mixing` relies on. */
const mixingSchema = z
  .strictObject({
    contexts: z.array(z.enum(CONTEXT_VALUES)).min(1).max(32),
    rate: z.int().min(1).max(64),
    history: z.array(z.array(probability).length(HISTORY_STATES)),
    historySeen: z.array(z.array(seen).length(HISTORY_STATES)),
    match: z.array(probability).length(MATCH_SETS - 1),
    matchSeen: z.array(seen).length(MATCH_SETS - 1),
    ...mixerWeights,
    classes: z
      .array(z.array(weight))
      .length(8 * CLASSES)
      .optional(),
    skip: z
      .strictObject({ matchLength: z.literal(MATCH_LENGTHS), historyCount: z.literal(HISTORY_COUNTS), ...mixerWeights })
      .optional(),
  })
  .refine(({ contexts, history, historySeen }) => [history, historySeen].every((h) => h.length === contexts.length), {
    path: ['history'],
    message: 'must have one row per context',
  })
  .refine(
    ({ contexts, weights, classes = [], skip }) =>
      [...weights, classes, ...(skip?.weights ?? [])]
        .flat()
        .every((set) => set.length === contexts.length + OTHER_INPUTS),
    {
      path: ['weights'],
      message: `must have ${OTHER_INPUTS} more entries a set than there are contexts`,
    },
  )
  .refine(
    ({ classes, final, skip }) => [...final, ...(skip?.final ?? [])].every((set) => set.length === (classes ? 3 : 2)),
    {
      path: ['final'],
      message: 'must have two entries a set, three with classes',
    },
  );

/** coding.json. An unknown key may decide bits, so it is refused. */
export const codingSchema: z.ZodType<Coding> = z
  .strictObject({
    blockLength: z.literal([BLOCK_LENGTH, SEGMENT_BLOCK]),
    columns: z.array(columnSchema).min(1),
    // What the frequencies of a byte are made of, so that a model is refused when it is loaded and not when it first codes.
    logitWeights: z
      .array(z.int().min(0).max(65536))
      .min(1)
      .max(2048)
      .refine(([first]) => first === 65536, 'the first must be 65536')
      .refine((weights) => weights.every((weight, i) => weight <= (weights[i - 1] ?? weight)), 'must never rise'),
    randomOrderLoss: z.array(z.int().min(0)).min(1),
    mixing: mixingSchema.optional(),
  })
  .refine(({ columns }) => columns.every((column, i) => column.offset === rowsBefore(columns, i)), {
    path: ['columns'],
    message: "each column's rows must start where those of the one before end",
  });

function rowsBefore(columns: readonly { bits: number }[], index: number): number {
  return columns.slice(0, index).reduce((rows, column) => rows + 2 ** column.bits, 0);
}
