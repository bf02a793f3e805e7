import protobuf from 'protobufjs';
import { z } from 'zod';
import { UnreadableModelError } from './errors.js';
import { ONNX_SCHEMA } from './schema.js';

/** Element types of ONNX tensors that are read, by the numbers of TensorProto.DataType. */
export const ElementType = { float: 1, uint8: 2, int8: 3, int32: 6, int64: 7 } as const;
export type ElementType = (typeof ElementType)[keyof typeof ElementType];

/** AttributeProto.AttributeType of an attribute that holds one integer, or a list of them. */
const INT_ATTRIBUTE = 2;
const INTS_ATTRIBUTE = 7;
/** Versions of the standard operators in which the allowed ones mean what `operators.ts` takes them to mean. */
const OPSETS = { lowest: 13, highest: 21 };

const ints = z.array(z.number().int());
const present = z.array(z.unknown());

const tensorSchema = z.object({
  dims: ints,
  dataType: z.number().int(),
  name: z.string().min(1),
  rawData: z.instanceof(Uint8Array),
  externalData: present.max(0, 'external data is not read'),
  dataLocation: z.literal(0, 'external data is not read'),
});

const nodeSchema = z.object({
  input: z.array(z.string()),
  output: z.array(z.string()),
  name: z.string(),
  opType: z.string(),
  domain: z.string(),
  overload: z.literal('', 'overloads need functions, which are not read'),
  attribute: z.array(
    z.object({
      name: z.string(),
      i: z.number().int(),
      ints,
      type: z.number().int(),
      refAttrName: z.literal('', 'references to attributes need functions, which are not read'),
    }),
  ),
});

const valueInfoSchema = z.object({
  name: z.string().min(1),
  type: z.object({
    tensorType: z.object({
      elemType: z.number().int(),
      shape: z.object({ dim: z.array(z.object({ dimValue: z.number().int(), dimParam: z.string() })) }),
    }),
  }),
});

const modelSchema = z.object({
  opsetImport: z.array(z.object({ domain: z.string(), version: z.number().int() })),
  functions: present.max(0, 'model-local functions could redefine operators'),
  graph: z.object({
    node: z.array(nodeSchema),
    initializer: z.array(tensorSchema),
    input: z.array(valueInfoSchema),
    output: z.array(valueInfoSchema),
    quantizationAnnotation: present.max(0, 'quantisation annotations are not read'),
    sparseInitializer: present.max(0, 'sparse constants are not read'),
  }),
});

/** A node; `attributes` holds an integer or a list of them, and null for an attribute of any other type. */
export interface GraphNode {
  readonly name: string;
  readonly opType: string;
  readonly domain: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: ReadonlyMap<string, number | readonly number[] | null>;
}

/** A constant of the graph: its values in row-major order. */
export interface Constant {
  readonly name: string;
  readonly elementType: ElementType;
  readonly dims: readonly number[];
  readonly values: Float32Array | Int8Array | Int32Array | BigInt64Array;
}

/** A declared input or output; null in `dims` where a dimension is symbolic. */
export interface GraphValue {
  readonly name: string;
  readonly elementType: number;
  readonly dims: readonly (number | null)[];
}

export interface Graph {
  readonly nodes: readonly GraphNode[];
  readonly constants: readonly Constant[];
  readonly inputs: readonly GraphValue[];
  readonly outputs: readonly GraphValue[];
}

const modelType = protobuf.Root.fromJSON(ONNX_SCHEMA).lookupType('Model');

/**
 * Reads the graph of an ONNX file.
 *
 * @throws UnreadableModelError where the bytes are no ONNX model, or a part of it is not understood: what is not
 *   understood cannot be audited.
 */
export function parseOnnx(bytes: Uint8Array): Graph {
  const model = modelSchema.safeParse(decode(bytes));
  if (!model.success)
    throw new UnreadableModelError(`not a model that can be audited: ${z.prettifyError(model.error)}`);
  const { graph, opsetImport } = model.data;
  for (const { domain, version } of opsetImport) {
    if ((domain !== '' && domain !== 'ai.onnx') || version < OPSETS.lowest || version > OPSETS.highest) {
      throw new UnreadableModelError(
        `operator set "${domain}" ${version}: export with the standard operators, ${OPSETS.lowest} to ${OPSETS.highest}`,
      );
    }
  }
  if (opsetImport.length !== 1) throw new UnreadableModelError('the model must import the standard operators once');
  return {
    nodes: graph.node.map(toNode),
    constants: graph.initializer.map(toConstant),
    inputs: graph.input.map(toValue),
    outputs: graph.output.map(toValue),
  };
}

function decode(bytes: Uint8Array): unknown {
  try {
    return modelType.toObject(modelType.decode(bytes), { longs: Number, defaults: true, arrays: true });
  } catch (cause) {
    throw new UnreadableModelError('the file is not an ONNX model, or it is cut off', { cause });
  }
}

function toNode(node: z.infer<typeof nodeSchema>): GraphNode {
  const read = ({ type, i, ints }: (typeof node.attribute)[number]) => {
    if (type === INT_ATTRIBUTE) return i;
    return type === INTS_ATTRIBUTE ? ints : null;
  };
  const attributes = new Map(node.attribute.map((a) => [a.name, read(a)]));
  return {
    name: node.name || node.output.join(','),
    opType: node.opType,
    domain: node.domain,
    inputs: node.input,
    outputs: node.output,
    attributes,
  };
}

function toValue(value: z.infer<typeof valueInfoSchema>): GraphValue {
  const { elemType, shape } = value.type.tensorType;
  return {
    name: value.name,
    elementType: elemType,
    dims: shape.dim.map((dim) => (dim.dimParam === '' ? dim.dimValue : null)),
  };
}

function toConstant(tensor: z.infer<typeof tensorSchema>): Constant {
  const { name, dims } = tensor;
  const values = viewRaw(tensor);
  const size = dims.reduce((product, dim) => product * dim, 1);
  if (values.values.length !== size) {
    throw new UnreadableModelError(`constant ${name}: ${values.values.length} raw values for a shape of ${size}`);
  }
  return { name, dims, ...values };
}

/** Raw data is little-endian by the ONNX specification; so is every platform that Node runs the service on. */
function viewRaw({ name, dataType, rawData }: z.infer<typeof tensorSchema>): Pick<Constant, 'elementType' | 'values'> {
  const copy = () => rawData.buffer.slice(rawData.byteOffset, rawData.byteOffset + rawData.byteLength);
  const wholeElements = (size: number) => {
    if (rawData.byteLength % size === 0) return;
    throw new UnreadableModelError(`constant ${name}: its raw data is not a whole number of elements`);
  };
  switch (dataType) {
    case ElementType.float:
      wholeElements(4);
      return { elementType: dataType, values: new Float32Array(copy()) };
    case ElementType.int8:
      return { elementType: dataType, values: new Int8Array(rawData.buffer, rawData.byteOffset, rawData.byteLength) };
    case ElementType.int32:
      wholeElements(4);
      return { elementType: dataType, values: new Int32Array(copy()) };
    case ElementType.int64:
      wholeElements(8);
      return { elementType: dataType, values: new BigInt64Array(copy()) };
    default:
      throw new UnreadableModelError(`constant ${name}: element type ${dataType} is not read`);
  }
}
