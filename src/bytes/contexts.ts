/** The contexts a model may have columns for, as defined in `features.md`. Released models name them: entries are added, never changed. */
export const CONTEXTS = [
  'two-sided-1',
  'two-sided-2',
  'order-3',
  'order-4',
  'order-5',
  'order-6',
  'order-8',
  'word',
  'word-pair',
  'skip',
  'near',
  'above',
  'line',
  'match-long',
  'match-short',
  'history-1',
  'history-2',
  'history-3',
  'history-4',
  'history-6',
  'bridge-1',
  'bridge-2',
  'bridge-3',
  'right',
  'bridge-word',
  'aligned-1',
  'aligned-2',
  'field',
  'key',
  'indent',
  'shape',
  'document',
  'place',
  'history-word',
  'history-field',
  'history-key',
] as const;

export type Context = (typeof CONTEXTS)[number];

/** What the 32-bit value of can be asked for: a context, or the hash of the last byte or two, c(1) and c(2). */
export const CONTEXT_VALUES = [...CONTEXTS, 'order-1', 'order-2'] as const;

export type ContextValue = (typeof CONTEXT_VALUES)[number];

/** Where in the row of values that {@link SegmentFeatures} computes each of them stands. */
export const SLOT = Object.fromEntries(CONTEXT_VALUES.map((value, slot) => [value, slot])) as Readonly<
  Record<ContextValue, number>
>;

/** Behind them stand the classes of the three bytes before, which are no context (`features.md`, _What else is told of a row_). */
export const CLASSES_SLOT = CONTEXT_VALUES.length;

/** Those whose value is itself the row (13 bits) rather than a hash. */
export const DIRECT: ReadonlySet<ContextValue> = new Set(['match-long', 'match-short']);
