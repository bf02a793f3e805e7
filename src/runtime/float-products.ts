import { ElementType } from '../onnx/read.js';
import { type NewConstant, type NewNode, writeOnnx } from '../onnx/write.js';
import { type ContextGraph, EMBEDDED, embeddedInput, OFFSET } from './context-graph.js';

/**
 * The layers of a context model as they are, in floats, behind rows that somebody else has looked up. What is added to their bytes is taken
 * off first: integers, so nothing is rounded.
 *
 * @returns an ONNX file whose only input is `EMBEDDED`; undefined where a constant is no float.
 */
export function layersInFloats(context: ContextGraph): Uint8Array | undefined {
  const nodes: NewNode[] = [
    { opType: 'Cast', inputs: [EMBEDDED], output: 'floats', attributes: { to: ElementType.float } },
    { opType: 'Add', inputs: ['floats', 'offset'], output: 'x0' },
  ];
  const constants: NewConstant[] = [{ name: 'offset', dims: [], values: Float32Array.of(-OFFSET) }];
  for (const [i, layer] of context.layers.entries()) {
    const last = i === context.layers.length - 1;
    for (const [name, { dims, values }] of Object.entries(layer)) {
      if (!(values instanceof Float32Array)) return undefined;
      constants.push({ name: `${name}${i}`, dims, values });
    }
    nodes.push(
      { opType: 'MatMul', inputs: [`x${i}`, `weights${i}`], output: `product${i}` },
      { opType: 'Add', inputs: [`product${i}`, `bias${i}`], output: `sum${i}` },
      { opType: 'Floor', inputs: [`sum${i}`], output: `floor${i}` },
      {
        opType: 'Clip',
        inputs: [`floor${i}`, `low${i}`, `high${i}`],
        output: last ? context.output.name : `x${i + 1}`,
      },
    );
  }
  const opsets = [{ domain: '', version: 17 }];
  return writeOnnx({ nodes, constants, inputs: [embeddedInput(context)], outputs: [context.output], opsets });
}
