import protobuf from 'protobufjs';
import { ElementType } from '../../src/onnx/read.js';
import { ONNX_SCHEMA } from '../../src/onnx/schema.js';

/** Writes small ONNX files for the tests; every part can be replaced to make a graph that must be refused. */
export interface NodeSpec {
  op: string;
  inputs: string[];
  output: string | string[];
  domain?: string;
  overload?: string;
  attributes?: { name: string; i?: number; ints?: number[]; type?: number; refAttrName?: string }[];
}

export interface ConstantSpec {
  name: string;
  dims: number[];
  values: Float32Array | Int8Array | Int32Array | BigInt64Array | Float64Array;
  /** Replaces the element type and raw bytes that `values` stands for. */
  override?: { dataType?: number; rawData?: Uint8Array; dataLocation?: number; externalData?: Uint8Array[] };
}

export interface GraphSpec {
  nodes: NodeSpec[];
  constants: ConstantSpec[];
  inputs?: { name: string; elemType: number; dims: (number | string)[] }[];
  outputs?: { name: string; elemType: number; dims: (number | string)[] }[];
  opsets?: { domain: string; version: number }[];
  functions?: Uint8Array[];
  sparseInitializer?: Uint8Array[];
  quantizationAnnotation?: Uint8Array[];
}

const modelType = protobuf.Root.fromJSON(ONNX_SCHEMA).lookupType('Model');
const INT = 2;
const INTS = 7;

function dataType(values: ConstantSpec['values']): number {
  if (values instanceof Float32Array) return ElementType.float;
  if (values instanceof Int8Array) return ElementType.int8;
  if (values instanceof Int32Array) return ElementType.int32;
  if (values instanceof BigInt64Array) return ElementType.int64;
  return 11; // double
}

function valueInfo({ name, elemType, dims }: { name: string; elemType: number; dims: (number | string)[] }) {
  const dim = dims.map((d) => (typeof d === 'string' ? { dimParam: d } : { dimValue: d }));
  return { name, type: { tensorType: { elemType, shape: { dim } } } };
}

export function encodeModel(spec: GraphSpec): Uint8Array {
  const model = {
    irVersion: 8,
    opsetImport: spec.opsets ?? [{ domain: '', version: 17 }],
    functions: spec.functions ?? [],
    graph: {
      node: spec.nodes.map(({ op, inputs, output, domain, overload, attributes }, i) => ({
        name: `${op.toLowerCase()}${i}`,
        opType: op,
        input: inputs,
        output: [output].flat(),
        domain: domain ?? '',
        overload: overload ?? '',
        attribute: (attributes ?? []).map((a) => ({ type: a.ints ? INTS : INT, ...a })),
      })),
      initializer: spec.constants.map(({ name, dims, values, override }) => ({
        name,
        dims,
        dataType: dataType(values),
        rawData: new Uint8Array(values.buffer, values.byteOffset, values.byteLength),
        ...override,
      })),
      input: (spec.inputs ?? [{ name: 'indices', elemType: ElementType.int32, dims: ['N', 2] }]).map(valueInfo),
      output: (spec.outputs ?? [{ name: 'logits', elemType: ElementType.float, dims: ['N', 256] }]).map(valueInfo),
      sparseInitializer: spec.sparseInitializer ?? [],
      quantizationAnnotation: spec.quantizationAnnotation ?? [],
    },
  };
  const problem = modelType.verify(model);
  if (problem) throw new TypeError(`test graph: ${problem}`);
  return modelType.encode(modelType.create(model)).finish();
}

/** 256 outputs of 4 inputs; weight (i, j) is `weight(i, j)`. */
export function weights(weight: (i: number, j: number) => number, inputs = 4): Float32Array {
  return Float32Array.from({ length: inputs * 256 }, (_, n) => weight(Math.floor(n / 256), n % 256));
}

export function scalar(name: string, value: number): ConstantSpec {
  return { name, dims: [], values: Float32Array.of(value) };
}

/**
 * A graph that passes: table of 8 rows x 2, 2 columns, one dense layer with the largest allowed operands.
 * `change` may edit any part before it is written.
 */
export function contextGraph(change: (spec: GraphSpec) => void = () => {}): Uint8Array {
  const spec: GraphSpec = {
    constants: [
      { name: 'table', dims: [8, 2], values: Int8Array.from({ length: 16 }, (_, i) => (i % 2 ? 127 : -128)) },
      { name: 'shape', dims: [2], values: BigInt64Array.of(-1n, 4n) },
      { name: 'w', dims: [4, 256], values: weights((i, j) => ((i + j) % 2 ? 127 : -127) / 128) },
      { name: 'b', dims: [256], values: new Float32Array(256).fill(0.5) },
      scalar('low', -1024),
      scalar('high', 1023),
    ],
    nodes: [
      { op: 'Gather', inputs: ['table', 'indices'], output: 'rows', attributes: [{ name: 'axis', i: 0 }] },
      { op: 'Cast', inputs: ['rows'], output: 'cast', attributes: [{ name: 'to', i: ElementType.float }] },
      { op: 'Reshape', inputs: ['cast', 'shape'], output: 'x' },
      { op: 'MatMul', inputs: ['x', 'w'], output: 'product' },
      { op: 'Add', inputs: ['product', 'b'], output: 'sum' },
      { op: 'Floor', inputs: ['sum'], output: 'floor' },
      { op: 'Clip', inputs: ['floor', 'low', 'high'], output: 'logits' },
    ],
  };
  change(spec);
  return encodeModel(spec);
}

/** Replaces a constant of a graph, or adds it. */
export function setConstant(spec: GraphSpec, constant: ConstantSpec): void {
  spec.constants = [...spec.constants.filter(({ name }) => name !== constant.name), constant];
}

/** Puts a node (reading `previous`) between the node that computes `tensor` and those that read it. */
export function insertAfter(spec: GraphSpec, tensor: string, make: (previous: string) => NodeSpec): void {
  const at = spec.nodes.findIndex((node) => node.output === tensor);
  spec.nodes[at].output = `${tensor}_before`;
  spec.nodes.splice(at + 1, 0, { ...make(`${tensor}_before`), output: tensor });
}
