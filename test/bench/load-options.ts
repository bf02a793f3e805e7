import { parseArgs } from 'node:util';
import { z } from 'zod';

const SCENARIOS = ['megabyte', 'idle', 'crowd', 'overload'] as const;

export interface LoadOptions {
  readonly scenarios: readonly string[];
  /** How long the overload lasts. */
  readonly seconds: number;
  /** How often the others measure each thing; medians are printed. */
  readonly rounds: number;
}

const count = (value: string) => z.coerce.number().int().positive().parse(value);

/** Reads `--only name,name`, `--seconds n` and `--rounds n`. */
export function loadOptions(args: readonly string[]): LoadOptions {
  const { values } = parseArgs({
    args: [...args],
    options: { only: { type: 'string' }, seconds: { type: 'string' }, rounds: { type: 'string' } },
  });
  const scenarios = z.array(z.enum(SCENARIOS)).parse(values.only?.split(',') ?? [...SCENARIOS]);
  return { scenarios, seconds: count(values.seconds ?? '60'), rounds: count(values.rounds ?? '3') };
}
