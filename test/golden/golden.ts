import { join } from 'node:path';
import type { Dial } from '../../src/ardm/schedule.js';
import { INPUTS } from './inputs.js';

/** A committed archive: of which input, made with which model under which dial. */
export interface Golden {
  readonly input: string;
  /** A model's id; `brotli`; or `segmented` for thirds of the input, stored, by brotli and by text-1. */
  readonly model: string;
  readonly dial: Dial;
}

const interleaved = (calls: number): Dial => ({ schedule: 'interleaved', calls });

/** All golden archives, of every released format and model. Entries are added, never changed or removed. */
export const GOLDEN: readonly Golden[] = [
  ...Object.keys(INPUTS).map((input): Golden => ({ input, model: 'text-1', dial: interleaved(128) })),
  ...[1, 32, 86, 1024].map((calls): Golden => ({ input: 'records', model: 'text-1', dial: interleaved(calls) })),
  { input: 'prose', model: 'text-1', dial: { schedule: 'random', calls: 100 } },
  { input: 'longer-than-a-block', model: 'text-1', dial: { schedule: 'random', calls: 32 } },
  { input: 'records', model: 'brotli', dial: interleaved(128) },
  { input: 'longer-than-a-block', model: 'segmented', dial: interleaved(64) },
  ...Object.keys(INPUTS).map((input): Golden => ({ input, model: 'text-2', dial: interleaved(128) })),
  ...[1, 32, 86, 1024].map((calls): Golden => ({ input: 'records', model: 'text-2', dial: interleaved(calls) })),
  ...[1, 1024].map((calls): Golden => ({ input: 'longer-than-a-block', model: 'text-2', dial: interleaved(calls) })),
  { input: 'longer-than-a-block', model: 'text-2', dial: { schedule: 'random', calls: 32 } },
  ...Object.keys(INPUTS).map((input): Golden => ({ input, model: 'text-3', dial: interleaved(128) })),
  ...[1, 8, 32, 86, 1024].map((calls): Golden => ({ input: 'records', model: 'text-3', dial: interleaved(calls) })),
  ...[1, 1024].map((calls): Golden => ({ input: 'longer-than-a-block', model: 'text-3', dial: interleaved(calls) })),
  { input: 'longer-than-a-block', model: 'text-3', dial: { schedule: 'random', calls: 32 } },
  ...Object.keys(INPUTS).map((input): Golden => ({ input, model: 'text-4', dial: interleaved(128) })),
  ...[1, 8, 32, 86, 1024].map((calls): Golden => ({ input: 'records', model: 'text-4', dial: interleaved(calls) })),
  ...[1, 1024].map((calls): Golden => ({ input: 'longer-than-a-block', model: 'text-4', dial: interleaved(calls) })),
  { input: 'longer-than-a-block', model: 'text-4', dial: { schedule: 'random', calls: 32 } },
];

export function pathOf({ input, model, dial }: Golden): string {
  return join('test', 'golden', 'archives', `${input}.${model}.${dial.schedule}-${dial.calls}.ardm`);
}
