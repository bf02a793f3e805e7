import { type Constant, ElementType, type Graph, type GraphNode } from '../onnx/read.js';
import { type NewConstant, type NewNode, writeOnnx } from '../onnx/write.js';

/** Operators of a context model as it is exported: the table look-up, then so many layers. */
const LOOK_UP = ['Gather', 'Cast', 'Reshape'];
const LAYER = ['MatMul', 'Add', 'Floor', 'Clip'];

/** A byte of the table is stored with this added. */
const OFFSET = 128;
const HIGHEST_ACTIVATION = 255;
/** Weights are `STEP * high + low`, |high| <= 64 and |low| <= 4. */
const STEP = 8;
const HIGHEST = 64;
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
    const name = (part: string): string => `${part}${i}`;
    written.push(
      { name: name('high'), dims: layer.dims, values: layer.highPart },
      { name: name('low'), dims: layer.dims, values: layer.lowPart },
      { name: name('high_unit'), dims: [], values: Float32Array.of(STEP * layer.unit) },
      { name: name('unit'), dims: [], values: Float32Array.of(layer.unit) },
      { name: name('bias'), dims: [layer.bias.length], values: layer.bias },
      { name: name('least'), dims: [], values: Float32Array.of(layer.low) },
      { name: name('most'), dims: [], values: Float32Array.of(layer.clip) },
    );
    const product = (part: string, unit: string, bias: string[]): NewNode => ({
      opType: 'MatMulIntegerToFloat',
      domain: CONTRIB,
      inputs: [name('x'), name(part), 'one', name(unit), ...bias],
      output: name(`${part}_sum`),
    });
    nodes.push(product('high', 'high_unit', ['', '', name('bias')]), product('low', 'unit', []), {
      opType: 'Add',
      inputs: [name('high_sum'), name('low_sum')],
      output: name('sum'),
    });
    const clip = { opType: 'Clip', inputs: [last ? name('floor') : name('sum'), name('least'), name('most')] };
    if (last) {
      nodes.push({ opType: 'Floor', inputs: [name('sum')], output: name('floor') }, { ...clip, output: 'logits' });
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

interface Layer {
  readonly dims: readonly number[];
  readonly highPart: Int8Array;
  readonly lowPart: Int8Array;
  readonly unit: number;
  readonly bias: Float32Array;
  readonly low: number;
  readonly clip: number;
}

/** A layer in parts, or undefined where it does not fit. @param offset what has been added to each of its inputs. */
function layerOf(names: LayerNames, constants: ReadonlyMap<string, Constant>, offset: number): Layer | undefined {
  const [weights, bias, low, high] = [names.weights, names.bias, names.low, names.high].map((name) => {
    const values = constants.get(name)?.values;
    return values instanceof Float32Array ? values : undefined;
  });
  const [rows = 0, columns = 0] = constants.get(names.weights)?.dims ?? [];
  if (!weights || bias?.length !== columns || low?.length !== 1 || high?.length !== 1) return undefined;
  const unit = unitOf(weights);
  if (unit === undefined) return undefined;
  const [highPart, lowPart] = [new Int8Array(weights.length), new Int8Array(weights.length)];
  const shiftedBias = new Float32Array(columns);
  for (let column = 0; column < columns; column++) {
    let constant = (bias[column] as number) / unit;
    for (let row = 0; row < rows; row++) constant -= (offset * (weights[row * columns + column] as number)) / unit;
    // Lowest and highest that the sums reach: of the high parts, of the low ones, and of both with the constant.
    const sums = [0, 0, 0, 0, constant, constant];
    for (let row = 0; row < rows; row++) {
      const at = row * columns + column;
      const weight = (weights[at] as number) / unit;
      const part = Math.floor((weight + STEP / 2) / STEP);
      if (Math.abs(part) > HIGHEST) return undefined;
      highPart[at] = part;
      lowPart[at] = weight - STEP * part;
      for (const [k, value] of [part, weight - STEP * part, weight].entries()) {
        const side = 2 * k + (value > 0 ? 1 : 0);
        sums[side] = (sums[side] as number) + HIGHEST_ACTIVATION * value;
      }
    }
    const [h0, h1, l0, l1, s0, s1] = sums as [number, number, number, number, number, number];
    const reached = [h0, h1, l0, l1, s0, s1, STEP * h0 + constant, STEP * h1 + constant, constant];
    if (!Number.isInteger(constant) || reached.some((sum) => Math.abs(sum) >= EXACT)) return undefined;
    shiftedBias[column] = constant * unit;
  }
  const limits = { low: low[0] as number, clip: high[0] as number };
  return { dims: [rows, columns], highPart, lowPart, unit, bias: shiftedBias, ...limits };
}

/** The largest power of two, at most 1, that all values are whole multiples of; undefined where it would be below 2^-24, or a value is no number. */
function unitOf(values: Float32Array): number | undefined {
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
