import type { Phase } from '../ardm/segment.js';
import type { ConditionEvent } from './primed-states.js';
import { MOST_ROWS } from './scheduler.js';

/** Upper ends, in rows, of the classes in which joined network calls are counted. */
export const ROW_CLASSES: readonly number[] = [1, 4, 8, 16, 32, 64, 128, 256, 512, MOST_ROWS];

/** What a worker has done since it last said so. */
export interface Usage {
  /** Milliseconds. */
  readonly phases: Record<Phase, number>;
  /** Milliseconds inside network calls. */
  networkMs: number;
  networkRows: number;
  /** Network calls by their rows, one count for each of ROW_CLASSES. */
  readonly calls: number[];
  /** What happened to dictionaries, so many times each. */
  readonly conditions: Record<ConditionEvent, number>;
}

export function newUsage(): Usage {
  return {
    phases: { tables: 0, features: 0, coding: 0 },
    networkMs: 0,
    networkRows: 0,
    calls: ROW_CLASSES.map(() => 0),
    conditions: { hit: 0, primed: 0, evicted: 0 },
  };
}

/** Counts one network call. */
export function countCall(usage: Usage, rows: number, milliseconds: number): void {
  usage.networkMs += milliseconds;
  usage.networkRows += rows;
  const found = ROW_CLASSES.findIndex((most) => rows <= most);
  usage.calls[found] = (usage.calls[found] ?? 0) + 1;
}
