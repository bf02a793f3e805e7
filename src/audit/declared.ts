import { z } from 'zod';
import { ElementType, type Graph } from '../onnx/read.js';
import { GraphContractError } from './errors.js';
import type { Interval } from './interval.js';

const named = z.object({
  name: z.string(),
  shape: z.array(z.int().min(1)).min(1),
  lowest: z.int(),
  highest: z.int(),
});

/** What a manifest says of one graph: rows of whole numbers in, rows of whole numbers out. */
export const declaredGraph = z.object({
  file: z.string(),
  inputs: z.array(named.extend({ type: z.enum(['int32', 'uint8', 'float32']) })).min(1),
  output: named,
});

export type DeclaredGraph = z.infer<typeof declaredGraph>;

const TYPES = { int32: ElementType.int32, uint8: ElementType.uint8, float32: ElementType.float } as const;

/**
 * Holds a graph's inputs and output to what is declared: the same names, types and dimensions, rows free.
 *
 * @returns what each input's elements may be; the caller of the network keeps to it.
 * @throws GraphContractError
 */
export function checkDeclared(graph: Graph, { inputs, output }: DeclaredGraph): ReadonlyMap<string, Interval> {
  if (graph.inputs.length !== inputs.length || graph.outputs.length !== 1) {
    throw new GraphContractError(`the manifest declares ${inputs.length} inputs and one output`);
  }
  const values = [
    ...inputs.map((input, i) => ({ value: graph.inputs[i], type: TYPES[input.type], declared: input })),
    { value: graph.outputs[0], type: ElementType.float, declared: output },
  ];
  for (const { value, type, declared } of values) {
    const dims = [null, ...declared.shape];
    const same = value?.dims.length === dims.length && value.dims.every((dim, i) => dim === dims[i]);
    if (!same || value.name !== declared.name || value.elementType !== type) {
      throw new GraphContractError(`\`${declared.name}\` must be as declared: [N, ${declared.shape.join(', ')}]`);
    }
    if (declared.lowest > declared.highest) throw new GraphContractError(`\`${declared.name}\`: no value is declared`);
  }
  for (const { name, type, lowest, highest } of inputs) {
    if (type === 'uint8' && (lowest < 0 || highest > 255)) {
      throw new GraphContractError(`\`${name}\` is declared to reach ${lowest}..${highest}, a byte holds 0..255`);
    }
  }
  return new Map(inputs.map(({ name, lowest, highest }) => [name, { lo: lowest, hi: highest, grid: 0 }]));
}
