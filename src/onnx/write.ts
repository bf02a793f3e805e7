import protobuf from 'protobufjs';
import { ElementType, type GraphValue } from './read.js';
import { ONNX_SCHEMA } from './schema.js';

/** AttributeProto.AttributeType of one integer. */
const INT_ATTRIBUTE = 2;
/** Version of the file format that belongs to operator set 17. */
const IR_VERSION = 8;

/** A node to be written; attributes are single integers. An input that is left out is ''. */
export interface NewNode {
  readonly opType: string;
  readonly inputs: readonly string[];
  readonly output: string;
  readonly domain?: string;
  readonly attributes?: Readonly<Record<string, number>>;
}

/** A constant to be written; its element type is that of its array. */
export interface NewConstant {
  readonly name: string;
  readonly dims: readonly number[];
  readonly values: Float32Array | Uint8Array | Int8Array | BigInt64Array;
}

export interface NewGraph {
  readonly nodes: readonly NewNode[];
  readonly constants: readonly NewConstant[];
  readonly inputs: readonly GraphValue[];
  readonly outputs: readonly GraphValue[];
  readonly opsets: readonly { readonly domain: string; readonly version: number }[];
}

const modelType = protobuf.Root.fromJSON(ONNX_SCHEMA).lookupType('Model');

/** The bytes of an ONNX file. Symbolic dimensions (null) are called `n`. */
export function writeOnnx({ nodes, constants, inputs, outputs, opsets }: NewGraph): Uint8Array {
  return modelType
    .encode(
      modelType.fromObject({
        irVersion: IR_VERSION,
        opsetImport: opsets,
        graph: {
          name: 'graph',
          node: nodes.map(toNode),
          initializer: constants.map(toTensor),
          input: inputs.map(toValue),
          output: outputs.map(toValue),
        },
      }),
    )
    .finish();
}

function toNode({ opType, inputs, output, domain = '', attributes = {} }: NewNode): object {
  const attribute = Object.entries(attributes).map(([name, i]) => ({ name, i, type: INT_ATTRIBUTE }));
  return { name: output, opType, domain, input: inputs, output: [output], attribute };
}

function toTensor({ name, dims, values }: NewConstant): object {
  const rawData = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  return { name, dims, dataType: elementTypeOf(values), rawData };
}

function elementTypeOf(values: NewConstant['values']): number {
  if (values instanceof Float32Array) return ElementType.float;
  if (values instanceof Uint8Array) return ElementType.uint8;
  return values instanceof Int8Array ? ElementType.int8 : ElementType.int64;
}

function toValue({ name, elementType, dims }: GraphValue): object {
  const dim = dims.map((size) => (size === null ? { dimParam: 'n' } : { dimValue: size }));
  return { name, type: { tensorType: { elemType: elementType, shape: { dim } } } };
}
