import { ElementType } from '../../src/onnx/read.js';
import { type ConstantSpec, encodeModel, type GraphSpec, type NodeSpec, scalar } from './graph-builder.js';

/** Rows of the table of reciprocals: what the largest index below can be, plus one. */
export const RECIPROCALS = 4095 + ((128 * 2048) >> 6) + 1;

const axis = [{ name: 'axis', i: 0 }];
const keep = { name: 'keepdims', i: 1 };
const matrix = (name: string, rows: number, columns: number, value: number): ConstantSpec => ({
  name,
  dims: [rows, columns],
  values: new Float32Array(rows * columns).fill(value),
});
const ints = (name: string, ...values: number[]): ConstantSpec => ({
  name,
  dims: [values.length],
  values: BigInt64Array.from(values, BigInt),
});
/** m * 2^-e with m of 8 bits: no common grid on which all would have fewer than 24 bits. */
const mixed = (name: string, rows: number): ConstantSpec => ({
  name,
  dims: [rows],
  values: Float32Array.from({ length: rows }, (_, i) => (129 + (i % 127)) * 2 ** -(i % 20)),
});

/**
 * An attention model in miniature that passes: one head of 4 elements, one block, no MLP; the same steps as
 * models/training/attention/graph.py writes, at the same limits. `change` may edit any part before it is written.
 */
export function attentionGraph(change: (spec: GraphSpec) => void = () => {}): Uint8Array {
  const tokens = (stream: string, ...names: string[]) =>
    names.map((name) => ({ name: `${stream}_${name}`, elemType: ElementType.int32, dims: ['B', stream[0] as string] }));
  const contexts = (stream: string) => ({
    name: `${stream}_contexts`,
    elemType: ElementType.int32,
    dims: ['B', stream[0] as string, 2],
  });
  const spec: GraphSpec = {
    inputs: [
      contexts('content'),
      ...tokens('content', 'bytes', 'positions', 'calls'),
      contexts('query'),
      ...tokens('query', 'positions', 'calls'),
    ],
    outputs: [{ name: 'logits', elemType: ElementType.float, dims: ['B', 'Q', 256] }],
    constants: [
      { name: 'table', dims: [8, 2], values: Int8Array.from({ length: 16 }, (_, i) => (i % 2 ? 127 : -127)) },
      matrix('bytes', 256, 4, 100),
      matrix('cosines', 2048, 4, 128),
      { name: 'codes', dims: [1026], values: Float32Array.from({ length: 1026 }, (_, i) => i) },
      matrix('w_key', 4, 4, 1),
      matrix('w_value', 4, 4, 1 / 8),
      matrix('w_head', 4, 256, 1 / 2),
      mixed('reciprocals', RECIPROCALS),
      ints('zero', 0),
      ints('one', 1),
      ints('two', 2),
      ints('half', 2),
      ints('whole', 4),
      ints('most', 2048),
      ints('last', -1),
      ints('rows', 0, 0, 4),
      ints('down', 0, -1, 1),
      ints('across', 0, 1, -1),
      ...Object.entries({
        n255: -255,
        p255: 255,
        n63: -63,
        p63: 63,
        n1: -1,
        p0: 0,
        p128: 128,
        p4095: 4095,
        penalty: 2 ** 17,
        r7: 2 ** -7,
        r6: 2 ** -6,
        n1024: -1024,
        p1023: 1023,
      }).map(([name, value]) => scalar(name, value)),
    ],
    nodes: [],
  };
  const add = (op: string, output: string, inputs: string[], attributes: NodeSpec['attributes'] = []) =>
    spec.nodes.push({ op, inputs, output, attributes });
  for (const name of ['contexts', 'bytes', 'positions', 'calls']) {
    add('Slice', `c_${name}`, [`content_${name}`, 'zero', 'most', 'one']);
  }
  for (const [s, rows, positions] of [
    ['c', 'c_contexts', 'c_positions'],
    ['q', 'query_contexts', 'query_positions'],
  ]) {
    add('Gather', `${s}_rows`, ['table', rows as string], axis);
    add('Cast', `${s}_cast`, [`${s}_rows`], [{ name: 'to', i: ElementType.float }]);
    add('Reshape', `${s}_x`, [`${s}_cast`, 'rows']);
    add('MatMul', `${s}_product`, [`${s}_x`, 'w_key']);
    add('Clip', `${s}_key`, [`${s}_product`, 'n255', 'p255']);
    add('Gather', `${s}_angle`, ['cosines', positions as string], axis);
    add('Mul', `${s}_turned`, [`${s}_key`, `${s}_angle`]);
    add('Mul', `${s}_scaled`, [`${s}_turned`, 'r7']);
    add('Floor', `${s}_floor`, [`${s}_scaled`]);
    add('Slice', `${s}_first`, [`${s}_floor`, 'zero', 'half', 'two']);
    add('Slice', `${s}_second`, [`${s}_floor`, 'half', 'whole', 'two']);
    add('Concat', `${s}_both`, [`${s}_second`, `${s}_first`], [{ name: 'axis', i: 2 }]);
    add('Clip', `${s}_key8`, [`${s}_both`, 'n255', 'p255']);
  }
  add('Gather', 'c_byte', ['bytes', 'c_bytes'], axis);
  add('MatMul', 'v_product', ['c_x', 'w_value']);
  add('Add', 'v_sum', ['v_product', 'c_byte']);
  add('Floor', 'v_floor', ['v_sum']);
  add('Clip', 'value', ['v_floor', 'n63', 'p63']);
  add('Gather', 'c_code', ['codes', 'c_calls'], axis);
  add('Gather', 'q_code', ['codes', 'query_calls'], axis);
  add('Reshape', 'q_column', ['q_code', 'down']);
  add('Reshape', 'c_row', ['c_code', 'across']);
  add('Sub', 'ahead', ['q_column', 'c_row']);
  add('Clip', 'hidden', ['ahead', 'n1', 'p0']);
  add('Mul', 'off', ['hidden', 'penalty']);
  add('Transpose', 'key_t', ['c_key8'], [{ name: 'perm', ints: [0, 2, 1] }]);
  add('MatMul', 'score_product', ['q_key8', 'key_t']);
  add('Mul', 'score_scaled', ['score_product', 'r7']);
  add('Floor', 'score_floor', ['score_scaled']);
  add('Add', 'score', ['score_floor', 'off']);
  add('ReduceMax', 'top', ['score'], [{ name: 'axes', ints: [-1] }, keep]);
  add('Max', 'top_or_more', ['top', 'n1024']);
  add('Sub', 'distance', ['top_or_more', 'score']);
  add('Clip', 'u', ['distance', 'p0', 'p128']);
  add('Sub', 'a', ['p128', 'u']);
  add('Mul', 'square', ['a', 'a']);
  add('Mul', 'square_scaled', ['square', 'r7']);
  add('Floor', 'weight', ['square_scaled']);
  add('ReduceSum', 'total', ['weight', 'last'], [keep]);
  add('MatMul', 'mixed', ['weight', 'value']);
  add('Clip', 'fine', ['total', 'p0', 'p4095']);
  add('Mul', 'coarse_scaled', ['total', 'r6']);
  add('Floor', 'coarse', ['coarse_scaled']);
  add('Add', 'index', ['fine', 'coarse']);
  add('Cast', 'row', ['index'], [{ name: 'to', i: ElementType.int32 }]);
  add('Gather', 'reciprocal', ['reciprocals', 'row'], axis);
  add('Mul', 'mixed_scaled', ['mixed', 'r7']);
  add('Floor', 'mixed_floor', ['mixed_scaled']);
  add('Clip', 'near', ['mixed_floor', 'n255', 'p255']);
  add('Mul', 'quotient', ['near', 'reciprocal']);
  add('Clip', 'quotient_clip', ['quotient', 'n255', 'p255']);
  add('Floor', 'out', ['quotient_clip']);
  add('MatMul', 'head', ['out', 'w_head']);
  add('Floor', 'head_floor', ['head']);
  add('Clip', 'logits', ['head_floor', 'n1024', 'p1023']);
  change(spec);
  return encodeModel(spec);
}

/** The node that computes `output`. */
export function nodeOf(spec: GraphSpec, output: string): NodeSpec {
  const found = spec.nodes.find((node) => node.output === output);
  if (found === undefined) throw new TypeError(`no node computes ${output}`);
  return found;
}
