import { type Constant, ElementType, type Graph, type GraphNode, type GraphValue } from '../onnx/read.js';
import { type LayerConstants, layersOf } from './dense-graph.js';

/** Operators of a context model as it is exported: the table look-up, then layers. */
const LOOK_UP = ['Gather', 'Cast', 'Reshape'];

/** A context model's graph in its parts: rows of a table, one behind another, go through a chain of layers. */
export interface ContextGraph {
  /** Row by row. */
  readonly table: Int8Array;
  readonly rowBytes: number;
  /** Bytes of all rows that are looked up for one row of the input. */
  readonly width: number;
  readonly layers: readonly LayerConstants[];
  readonly output: GraphValue;
}

/** The only input of layers without their table: the bytes of the rows that were looked up, each 128 more, as uint8 `[n, width]`. */
export const EMBEDDED = 'embedded';
/** A byte of the table is fed to the layers with this added. */
export const OFFSET = 128;

/** The parts of a graph that is one look-up and a chain of layers, each node fed by the one before; undefined where it is not. */
export function contextGraphOf({ nodes, constants, inputs, outputs }: Graph): ContextGraph | undefined {
  const layers = layersOf(nodes.slice(LOOK_UP.length), constants);
  const fits = (opType: string, i: number): boolean =>
    nodes[i]?.opType === opType && nodes[i + 1]?.inputs[0] === nodes[i]?.outputs[0];
  if (!layers || !LOOK_UP.every(fits)) return undefined;
  const [gather, cast, reshape] = nodes as [GraphNode, GraphNode, GraphNode];
  const [input] = inputs;
  const [output] = outputs;
  if (gather.inputs[1] !== input?.name || (gather.attributes.get('axis') ?? 0) !== 0) return undefined;
  if (cast.attributes.get('to') !== ElementType.float || !output || nodes.at(-1)?.outputs[0] !== output.name)
    return undefined;
  const byName = new Map(constants.map((constant) => [constant.name, constant]));
  const constant = (name: string | undefined): Constant | undefined => byName.get(name ?? '');
  const table = constant(gather.inputs[0]);
  const shape = constant(reshape.inputs[1])?.values;
  const columns = input.dims[1] ?? 0;
  const rowBytes = table?.dims[1] ?? 0;
  const width = columns * rowBytes;
  if (!(table?.values instanceof Int8Array) || table.dims.length !== 2 || input.dims.length !== 2) return undefined;
  if (!(shape instanceof BigInt64Array) || shape.length !== 2 || width < 1 || shape[1] !== BigInt(width))
    return undefined;
  return { table: table.values, rowBytes, width, layers, output };
}

/** The input of layers without their table. */
export function embeddedInput({ width }: ContextGraph): GraphValue {
  return { name: EMBEDDED, elementType: ElementType.uint8, dims: [null, width] };
}
