import { type Constant, ElementType, type Graph, type GraphNode } from '../onnx/read.js';
import { type NewConstant, type NewNode, writeOnnx } from '../onnx/write.js';

/** Operators of a context model as it is exported: the table look-up, then so many layers. */
const LOOK_UP = ['Gather', 'Cast', 'Reshape'];
const LAYER = ['MatMul', 'Add', 'Floor', 'Clip'];

/** A byte of the table is stored with this added. */
const OFFSET = 128;
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
 * The graph of a context model with its matrix products in bytes: the same integers, for processors that multiply bytes several times as
 * fast as floats. `byte-products.md` beside this file shows that no bit differs.
 *
 * @returns an ONNX file for ONNX Runtime's CPU provider, or undefined where the graph has another form or a bound does not hold.
 */
export function withByteProducts(graph: Graph): Uint8Array | undefined {
  const chain = chainOf(graph);
  const constants = new Map(graph.constants.map((constant) => [constant.name, constant]));
  if (!chain) return undefined;
  const [table, shape] = [constants.get(chain.table), constants.get(chain.shape)];
  if (!(table?.values instanceof Int8Array) || !(shape?.values instanceof BigInt64Array)) return undefined;
  const nodes: NewNode[] = [
    { opType: 'Gather', inputs: ['table', chain.input], output: 'embedded', attributes: { axis: 0 } },
    { opType: 'Reshape', inputs: ['embedded', 'row_shape'], output: 'x0' },
  ];
  const written: NewConstant[] = [
    { name: 'table', dims: table.dims, values: shifted(table.values) },
    { name: 'row_shape', dims: shape.dims, values: shape.values },
    { name: 'one', dims: [], values: Float32Array.of(1) },
  ];
  for (const [i, names] of chain.layers.entries()) {
    const last = i === chain.layers.length - 1;
    const layer = layerOf(names, constants, i === 0 ? OFFSET : 0);
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
        inputs: [name('x'), part, 'one', `${part}_unit`, ...(k === 0 ? ['', '', name('bias')] : [])],
        output: `${part}_sum`,
      });
      return `${part}_sum`;
    });
    if (sums.length > 1) nodes.push({ opType: 'Add', inputs: sums, output: name('sum') });
    const sum = sums.length > 1 ? name('sum') : (sums[0] as string);
    const clip = { opType: 'Clip', inputs: [last ? name('floor') : sum, name('least'), name('most')] };
    if (last) {
      nodes.push({ opType: 'Floor', inputs: [sum], output: name('floor') }, { ...clip, output: 'logits' });
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
  return writeOnnx({ nodes, constants: written, inputs: graph.inputs, outputs: graph.outputs, opsets });
}

interface LayerNames {
  readonly weights: string;
  readonly bias: string;
  readonly low: string;
  readonly high: string;
}

interface Chain {
  readonly input: string;
  readonly table: string;
  readonly shape: string;
  readonly layers: readonly LayerNames[];
}

/** The names of the constants of a graph that is one look-up and a chain of layers, each node fed by the one before. */
function chainOf({ nodes, inputs, outputs }: Graph): Chain | undefined {
  const count = (nodes.length - LOOK_UP.length) / LAYER.length;
  const expected = [...LOOK_UP, ...Array.from({ length: count }, () => LAYER).flat()];
  const fits = (node: GraphNode, i: number): boolean =>
    node.opType === expected[i] && (i === 0 || node.inputs[0] === nodes[i - 1]?.outputs[0]);
  if (!Number.isInteger(count) || count < 1 || !nodes.every(fits)) return undefined;
  const [gather, cast, reshape] = nodes as [GraphNode, GraphNode, GraphNode];
  if (gather.inputs[1] !== inputs[0]?.name || (gather.attributes.get('axis') ?? 0) !== 0) return undefined;
  if (cast.attributes.get('to') !== ElementType.float || nodes.at(-1)?.outputs[0] !== outputs[0]?.name)
    return undefined;
  const layers = Array.from({ length: count }, (_, layer) => {
    const [matmul, add, , clip] = nodes.slice(LOOK_UP.length + layer * LAYER.length) as GraphNode[];
    const [weights, bias, low, high] = [matmul?.inputs[1], add?.inputs[1], clip?.inputs[1], clip?.inputs[2]];
    return { weights: weights ?? '', bias: bias ?? '', low: low ?? '', high: high ?? '' };
  });
  return { input: gather.inputs[1], table: gather.inputs[0] ?? '', shape: reshape.inputs[1] ?? '', layers };
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
function layerOf(names: LayerNames, constants: ReadonlyMap<string, Constant>, offset: number): Layer | undefined {
  const [weights, bias, low, high] = [names.weights, names.bias, names.low, names.high].map((name) => {
    const values = constants.get(name)?.values;
    return values instanceof Float32Array ? values : undefined;
  });
  const [rows = 0, columns = 0] = constants.get(names.weights)?.dims ?? [];
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

/** Bytes of the table as they are multiplied: 128 more, as unsigned ones. */
function shifted(table: Int8Array): Uint8Array {
  const bytes = new Uint8Array(table);
  for (let i = 0; i < bytes.length; i++) bytes[i] = (bytes[i] as number) ^ OFFSET;
  return bytes;
}
