import { type Constant, ElementType, type Graph, type GraphNode, type GraphValue } from '../onnx/read.js';

/** Operators of a layer as it is exported. */
export const LAYER = ['MatMul', 'Add', 'Floor', 'Clip'];

/** A layer: its constants as they are in the graph. */
export interface LayerConstants {
  readonly weights: Constant;
  readonly bias: Constant;
  readonly low: Constant;
  readonly high: Constant;
}

/** A graph that is a chain of layers. */
export interface DenseGraph {
  /** Elements of a row of the input. */
  readonly width: number;
  readonly layers: readonly LayerConstants[];
  readonly output: GraphValue;
}

/** The parts of a graph that is a chain of layers of floats, each node fed by the one before; undefined where it is not. */
export function denseGraphOf({ nodes, constants, inputs, outputs }: Graph): DenseGraph | undefined {
  const [input, ...others] = inputs;
  const [output] = outputs;
  const width = input?.dims[1] ?? 0;
  if (input?.elementType !== ElementType.float || input.dims.length !== 2 || width < 1 || others.length > 0)
    return undefined;
  if (nodes[0]?.inputs[0] !== input.name || !output || nodes.at(-1)?.outputs[0] !== output.name) return undefined;
  const layers = layersOf(nodes, constants);
  return layers && { width, layers, output };
}

/** The constants of a chain of layers; undefined where the nodes are none. */
export function layersOf(nodes: readonly GraphNode[], constants: readonly Constant[]): LayerConstants[] | undefined {
  const count = nodes.length / LAYER.length;
  const fits = (node: GraphNode, i: number): boolean =>
    node.opType === LAYER[i % LAYER.length] && (i === 0 || node.inputs[0] === nodes[i - 1]?.outputs[0]);
  if (!Number.isInteger(count) || count < 1 || !nodes.every(fits)) return undefined;
  const byName = new Map(constants.map((constant) => [constant.name, constant]));
  const constant = (name: string | undefined): Constant | undefined => byName.get(name ?? '');
  const layers: LayerConstants[] = [];
  for (let at = 0; at < nodes.length; at += LAYER.length) {
    const [matmul, add, , clip] = nodes.slice(at);
    const [weights, bias] = [constant(matmul?.inputs[1]), constant(add?.inputs[1])];
    const [low, high] = [constant(clip?.inputs[1]), constant(clip?.inputs[2])];
    if (!weights || !bias || !low || !high) return undefined;
    layers.push({ weights, bias, low, high });
  }
  return layers;
}
