import type { Sample } from './groups.js';
import { evenly } from './pieces.js';
import type { Size } from './results.js';

const LADDER = [1, 4, 16, 32, 64, 85, 128, 256, 512, 1024];
/** Of inputs that are long. */
const SHORT_LADDER = [1, 16, 64, 128, 1024];
const QUICK_LADDER = [1, 16, 64, 85, 1024];
/** Whole files of a group, evenly spaced ones, that climb the ladder; JSON records all do. */
const LADDER_FILES = 2;

/** The calls that a model is measured at alone, its own `balanced` always among them. */
export function ladderOf(size: Size, quick: boolean, balanced: number): number[] {
  if (quick && size !== 1024) return [];
  const long = size === 'whole' || size === 65536;
  return [...new Set([...(quick ? QUICK_LADDER : long ? SHORT_LADDER : LADDER), balanced])].sort((a, b) => a - b);
}

/** The inputs of a sample that climb the ladder. */
export function ladderSample(sample: Sample): Sample {
  if (sample.size !== 'whole' || sample.group === 'records') return sample;
  return { ...sample, inputs: evenly(sample.inputs, LADDER_FILES) };
}
