import { parseArgs } from 'node:util';
import { GROUPS, type GroupId, SIZES, type Size } from './results.js';

export interface Options {
  /** Fewer pieces, a shorter ladder, no xz and zpaq: for daily use. */
  readonly quick: boolean;
  /** The only model to measure, and the one that `auto` tries. */
  readonly model: string | undefined;
  readonly groups: readonly GroupId[];
  readonly sizes: readonly Size[];
}

/** What a whole run writes. */
export const OUTPUT = '.work/bench-rate.json';
/** What a run of some groups or sizes, or a quick one, writes. */
export const PARTIAL_OUTPUT = '.work/bench-rate-partial.json';

export const USAGE = `npm run bench:rate -- [--quick] [--model ID] [--groups ${GROUPS.join(',')}] [--sizes ${SIZES.join(',')}]`;

/** @throws TypeError for what is no option, group or size. */
export function readOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      quick: { type: 'boolean' },
      model: { type: 'string' },
      groups: { type: 'string' },
      sizes: { type: 'string' },
    },
  });
  return {
    quick: values.quick ?? false,
    model: values.model,
    groups: listed('group', values.groups, GROUPS),
    sizes: listed('size', values.sizes, SIZES),
  };
}

/** Whether all is measured that there is, be it of one model. */
export function isWhole({ quick, groups, sizes }: Options): boolean {
  return !quick && groups.length === GROUPS.length && sizes.length === SIZES.length;
}

/** Those of `all` that are named, with commas between; all of them where none is. */
function listed<T extends string | number>(what: string, names: string | undefined, all: readonly T[]): T[] {
  if (names === undefined) return [...all];
  return names.split(',').map((name) => {
    const found = all.find((one) => String(one) === name);
    if (found === undefined) throw new TypeError(`no such ${what}: ${name}`);
    return found;
  });
}
