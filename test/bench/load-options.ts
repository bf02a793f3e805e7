import { parseArgs } from 'node:util';
import { z } from 'zod';

const SCENARIOS = ['megabyte', 'idle', 'crowd', 'overload'] as const;

/** Reads `--only name,name` and `--seconds n`, how long the overload lasts. */
export function loadOptions(args: readonly string[]): { scenarios: readonly string[]; seconds: number } {
  const { values } = parseArgs({ args: [...args], options: { only: { type: 'string' }, seconds: { type: 'string' } } });
  const scenarios = z.array(z.enum(SCENARIOS)).parse(values.only?.split(',') ?? [...SCENARIOS]);
  return {
    scenarios,
    seconds: z.coerce
      .number()
      .int()
      .positive()
      .parse(values.seconds ?? '60'),
  };
}
