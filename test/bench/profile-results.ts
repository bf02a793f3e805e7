import type { Machine } from './machine.js';

export const PROFILE_OUTPUT = '.work/bench-profile.json';

/** What a request's time goes to; `rest` is what of the processor's time is nothing else: HTTP, files, messages between threads. */
export const PHASES = ['upload', 'waiting', 'tables', 'features', 'network', 'coding', 'answer', 'rest'] as const;
export type Phase = (typeof PHASES)[number];

export interface Budget {
  readonly operation: 'compress' | 'decompress';
  /** Of the original. */
  readonly bytes: number;
  readonly preset: string;
  /** Milliseconds that the client waited, and of the server's processor time. */
  readonly wall: number;
  readonly cpu: number;
  /** Milliseconds, those of several workers added up. */
  readonly phases: Readonly<Record<Phase, number>>;
  /** Network calls, and rows of one. */
  readonly calls: number;
  readonly rowsPerCall: number;
}

export interface Profile {
  readonly model: string;
  readonly date: string;
  readonly machine: Machine;
  readonly budgets: readonly Budget[];
}

/** Multiply-adds of a row of `model.ts`, of bytes of weights each. */
const MULTIPLY_ADDS = 448 * 128 + 128 * 96 + 96 * 256;

/**
 * The least microseconds a row that one core could take for a call of so many rows: the multiply-adds at the measured rate, or the weights once for
 * all rows at the rate at which they come from the cache, whichever is longer. What a call takes besides is none of it: calls of few rows are computed
 * without ONNX Runtime.
 */
export function roofline(machine: Machine, rows: number): number {
  const compute = MULTIPLY_ADDS / machine.bytes / 1_000;
  const move = MULTIPLY_ADDS / machine.weights / 1_000 / rows;
  return Math.max(compute, move);
}
