import { ElementType } from '../onnx/read.js';
import { type NewConstant, type NewNode, writeOnnx } from '../onnx/write.js';
import { type ContextGraph, EMBEDDED, embeddedInput, OFFSET } from './context-graph.js';
import type { LayerConstants } from './dense-graph.js';

const HIGHEST_ACTIVATION = 255;
/** The largest weight whose product with a byte, twice, fits 16 bits with sign. */
const HIGHEST = 64;
/** Larger weights are `STEP * high + low`, |high| <= 64 and |low| <= 4. */
const STEP = 8;
/** fp32 holds every integer below it. */
const EXACT = 2 ** 24;
/** Operators of ONNX Runtime's own domain. */
const CONTRIB = 'com.microsoft';

/**
 * The layers of a context model with their matrix products in bytes: the same integers, for processors that multiply bytes several times as
 * fast as floats. `byte-products.md` beside this file shows that no bit differs.
 *
 * @returns an ONNX file for ONNX Runtime's CPU provider, whose only input is `EMBEDDED`; undefined where a bound does not hold.
 */
export function layersInBytes(context: ContextGraph): Uint8Array | undefined {
  const nodes: NewNode[] = [];
  const written: NewConstant[] = [{ name: 'one', dims: [], values: Float32Array.of(1) }];
  for (const [i, constants] of context.layers.entries()) {
    const last = i === context.layers.length - 1;
    const layer = layerOf(constants, i === 0 ? OFFSET : 0);
    if (!layer || (!last && (layer.low !== 0 || layer.clip !== HIGHEST_ACTIVATION))) return undefined;
    const name = (what: string): string => `${what}${i}`;
    written.push(
      { name: name('bias'), dims: [layer.bias.length], values: layer.bias },
      { name: name('least'), dims: [], values: Float32Array.of(layer.low) },
      { name: name('most'), dims: [], values: Float32Array.of(layer.clip) },
    );
    const sums = layer.parts.map(({ weights, units }, k) => {
      const part = `${name('part')}_${k}`;
      written.push(
        { name: part, dims: layer.dims, values: weights },
        { name: `${part}_unit`, dims: units.length === 1 ? [] : [units.length], values: units },
      );
      nodes.push({
        opType: 'MatMulIntegerToFloat',
        domain: CONTRIB,
        inputs: [
          i === 0 ? EMBEDDED : name('x'),
          part,
          'one',
          `${part}_unit`,
          ...(k === 0 ? ['', '', name('bias')] : []),
        ],
        output: `${part}_sum`,
      });
      return `${part}_sum`;
    });
    if (sums.length > 1) nodes.push({ opType: 'Add', inputs: sums, output: name('sum') });
    const sum = sums.length > 1 ? name('sum') : (sums[0] as string);
    const clip = { opType: 'Clip', inputs: [last ? name('floor') : sum, name('least'), name('most')] };
    if (last) {
      nodes.push({ opType: 'Floor', inputs: [sum], output: name('floor') }, { ...clip, output: context.output.name });
    } else {
      // To cut off the fraction of what is not negative is to round it down.
      nodes.push(
        { ...clip, output: name('clipped') },
        { opType: 'Cast', inputs: [name('clipped')], output: `x${i + 1}`, attributes: { to: ElementType.uint8 } },
      );
    }
  }
  const opsets = [
    { domain: '', version: 17 },
    { domain: CONTRIB, version: 1 },
  ];
  return writeOnnx({ nodes, constants: written, inputs: [embeddedInput(context)], outputs: [context.output], opsets });
}

/** A product of bytes: its right operand, and what one of its integers is worth, for all outputs or for each. */
interface Part {
  readonly weights: Int8Array;
  readonly units: Float32Array;
}

interface Layer {
  readonly dims: readonly number[];
  /** What the products add up to with the bias; the first one is added to the bias. */
  readonly parts: readonly Part[];
  readonly bias: Float32Array;
  readonly low: number;
  readonly clip: number;
}

/** A layer's weights, row by row, and its bias; `offset` is what has been added to each of its inputs. */
interface Affine {
  readonly rows: number;
  readonly columns: number;
  readonly weights: Float32Array;
  readonly bias: Float32Array;
  readonly offset: number;
}

/** A layer in parts, or undefined where it does not fit. @param offset what has been added to each of its inputs. */
function layerOf(layer: LayerConstants, offset: number): Layer | undefined {
  const [weights, bias, low, high] = [layer.weights, layer.bias, layer.low, layer.high].map(({ values }) =>
    values instanceof Float32Array ? values : undefined,
  );
  const [rows = 0, columns = 0] = layer.weights.dims;
  if (!weights || bias?.length !== columns || low?.length !== 1 || high?.length !== 1) return undefined;
  const affine: Affine = { rows, columns, weights, bias, offset };
  const inParts = inOnePart(affine) ?? inTwoParts(affine);
  return inParts && { dims: [rows, columns], ...inParts, low: low[0] as number, clip: high[0] as number };
}

/** One product, each output in a unit of its own, where no weight needs more than `HIGHEST` units. */
function inOnePart(affine: Affine): Pick<Layer, 'parts' | 'bias'> | undefined {
  const { rows, columns, weights } = affine;
  const part: Part = { weights: new Int8Array(weights.length), units: new Float32Array(columns) };
  const bias = new Float32Array(columns);
  for (let column = 0; column < columns; column++) {
    const values = Float32Array.from({ length: rows }, (_, row) => weights[row * columns + column] as number);
    const unit = unitOf([...values, affine.bias[column] as number]);
    if (unit === undefined) return undefined;
    const integers = values.map((value) => value / unit);
    const constant = constantOf(affine, column, integers, unit);
    const sums = ends(integers);
    if (integers.some((weight) => Math.abs(weight) > HIGHEST)) return undefined;
    if (!areExact([constant, ...sums, ...sums.map((sum) => sum + constant)])) return undefined;
    for (let row = 0; row < rows; row++) part.weights[row * columns + column] = integers[row] as number;
    part.units[column] = unit;
    bias[column] = constant * unit;
  }
  return { parts: [part], bias };
}

/** Two products in one unit, weights being `STEP * high + low`. */
function inTwoParts(affine: Affine): Pick<Layer, 'parts' | 'bias'> | undefined {
  const { rows, columns, weights } = affine;
  const unit = unitOf(weights);
  if (unit === undefined) return undefined;
  const [high, low] = [new Int8Array(weights.length), new Int8Array(weights.length)];
  const bias = new Float32Array(columns);
  for (let column = 0; column < columns; column++) {
    const integers = Float32Array.from(
      { length: rows },
      (_, row) => (weights[row * columns + column] as number) / unit,
    );
    const highest = integers.map((weight) => Math.floor((weight + STEP / 2) / STEP));
    const rest = integers.map((weight, row) => weight - STEP * (highest[row] as number));
    const constant = constantOf(affine, column, integers, unit);
    if (highest.some((part) => Math.abs(part) > HIGHEST)) return undefined;
    const sums = ends(highest);
    const whole = [...ends(integers), ...sums.map((sum) => STEP * sum)].map((sum) => sum + constant);
    if (!areExact([constant, ...sums, ...ends(rest), ...whole])) return undefined;
    for (let row = 0; row < rows; row++) {
      high[row * columns + column] = highest[row] as number;
      low[row * columns + column] = rest[row] as number;
    }
    bias[column] = constant * unit;
  }
  const [first, second] = [Float32Array.of(STEP * unit), Float32Array.of(unit)];
  return {
    parts: [
      { weights: high, units: first },
      { weights: low, units: second },
    ],
    bias,
  };
}

/** The bias in units, less what was added to the inputs times their weights. */
function constantOf({ bias, offset }: Affine, column: number, weights: Float32Array, unit: number): number {
  return (bias[column] as number) / unit - offset * weights.reduce((sum, weight) => sum + weight, 0);
}

/** Lowest and highest that a sum of products of activations with these weights reaches. */
function ends(weights: Float32Array): readonly number[] {
  const of = (side: (weight: number) => number): number => weights.reduce((sum, weight) => sum + side(weight), 0);
  return [of((weight) => Math.min(weight, 0)), of((weight) => Math.max(weight, 0))].map(
    (sum) => HIGHEST_ACTIVATION * sum,
  );
}

function areExact(sums: readonly number[]): boolean {
  return sums.every((sum) => Number.isInteger(sum) && Math.abs(sum) < EXACT);
}

/** The largest power of two, at most 1, that all values are whole multiples of; undefined where it would be below 2^-24, or a value is no number. */
function unitOf(values: Iterable<number>): number | undefined {
  let unit = 1;
  for (const value of values) {
    while (unit * EXACT >= 1 && !Number.isInteger(value / unit)) unit /= 2;
  }
  return unit * EXACT >= 1 ? unit : undefined;
}
