import { createHash } from 'node:crypto';
import { ARRAY_OF, type GraphShape, type InputShape, type Range, type Rows, widthOf } from '../ardm/network.js';
import { xorshift32 } from '../ardm/xorshift32.js';
import { KnownAnswerMismatchError } from './errors.js';
import type { KnownAnswer } from './manifest.js';
import { MOST_ROWS, type Network } from './scheduler.js';

/**
 * Inputs of the known answer, one after the other, each row-major: the next number of one xorshift32 stream, scaled to what an element may be.
 *
 * @param seed 1..2^32-1.
 */
export function knownAnswerInputs(inputs: readonly InputShape[], rows: number, seed: number): Rows[] {
  let x = seed;
  return inputs.map((input) => {
    const { type, ranges } = input;
    const width = widthOf(input);
    const values = new ARRAY_OF[type](rows * width);
    for (let i = 0; i < values.length; i++) {
      x = xorshift32(x);
      const { lowest, highest } = ranges[(i % width) % ranges.length] as Range;
      values[i] = lowest + Math.floor((x * (highest - lowest + 1)) / 2 ** 32);
    }
    return values;
  });
}

/**
 * Runs the known answer through a graph and compares the digest of what comes out (little-endian int16, row-major).
 * A provider that falls back, rounds or is broken is caught here, before any archive depends on it. Kernels are chosen by
 * the shape of a call, so the same must also come from its first row alone and from its rows, over and over, in the
 * largest call that is made.
 *
 * @throws KnownAnswerMismatchError
 */
export async function verifyKnownAnswer(
  modelId: string,
  shape: GraphShape,
  network: Pick<Network, 'predict'>,
  { rows, seed, digest }: KnownAnswer,
): Promise<void> {
  const inputs = knownAnswerInputs(shape.inputs, rows, seed);
  const known = await outputOf(modelId, shape, network, inputs, rows);
  const found = createHash('sha256').update(littleEndian(known)).digest('hex');
  if (found !== digest) throw new KnownAnswerMismatchError(modelId, `the digest of the ${shape.output.name} differs`);
  for (const count of [1, MOST_ROWS]) {
    const repeated = shape.inputs.map((input, k) => {
      const values = inputs[k] as Rows;
      const longer = new ARRAY_OF[input.type](count * widthOf(input));
      for (let i = 0; i < longer.length; i++) longer[i] = values[i % values.length] as number;
      return longer;
    });
    const output = await outputOf(modelId, shape, network, repeated, count);
    const wrong = output.findIndex((value, i) => value !== known[i % known.length]);
    if (wrong >= 0) {
      const what = `${shape.output.name}[${wrong}] differs in a call of ${count} rows instead of ${rows}`;
      throw new KnownAnswerMismatchError(modelId, what);
    }
  }
}

async function outputOf(
  modelId: string,
  { output: { name, lowest, highest, ...output } }: GraphShape,
  network: Pick<Network, 'predict'>,
  inputs: readonly Rows[],
  rows: number,
): Promise<Int16Array> {
  const values = await network.predict(inputs, rows);
  const expected = rows * widthOf(output);
  if (values.length !== expected) {
    throw new KnownAnswerMismatchError(modelId, `${values.length} ${name} instead of ${expected}`);
  }
  // The conversion to int16 would hide a fraction, and what is out of range.
  const wrong = values.findIndex((value) => !Number.isInteger(value) || value < lowest || value > highest);
  if (wrong >= 0) {
    const what = `${name}[${wrong}] is ${values[wrong]}, not an integer from ${lowest} to ${highest}`;
    throw new KnownAnswerMismatchError(modelId, what);
  }
  return Int16Array.from(values);
}

function littleEndian(values: Int16Array): DataView {
  const bytes = new DataView(new ArrayBuffer(values.length * 2));
  for (const [i, value] of values.entries()) bytes.setInt16(i * 2, value, true);
  return bytes;
}
