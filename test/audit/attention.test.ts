import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import { auditModel } from '../../src/audit/audit.js';
import { GraphContractError, InexactGraphError, OperatorNotAllowedError } from '../../src/audit/errors.js';
import { auditFolder } from '../../src/audit/folder.js';
import { UnreadableModelError } from '../../src/onnx/errors.js';
import { ElementType } from '../../src/onnx/read.js';
import { attentionGraph, nodeOf, RECIPROCALS } from './attention-builder.js';
import { type GraphSpec, type NodeSpec, scalar, setConstant } from './graph-builder.js';

const exported = new URL('../../../test/audit/attention-tiny/', import.meta.url);

test('proves what models/training/attention/export.py writes', async () => {
  const [report] = await auditFolder(exported.pathname);
  assert.ok(report);
  assert.equal(report.kind, 'attention');
  assert.equal(report.columns, 3);
  for (const node of report.nodes) assert.ok(node.headroom > 0, node.name);
  const operators = new Set(report.nodes.map(({ opType }) => opType));
  for (const op of ['Concat', 'Max', 'ReduceMax', 'ReduceSum', 'Sub', 'Transpose']) assert.ok(operators.has(op), op);
});

test('a model cut off in the middle is refused', () => {
  const bytes = readFileSync(new URL('model.onnx', exported));
  assert.throws(() => auditModel(bytes.subarray(0, bytes.length >> 1)), UnreadableModelError);
});

test('derives the bounds of attention by hand', () => {
  const { nodes, kind, columns, table } = auditModel(attentionGraph());
  const bound = (name: string) => {
    const node = nodes.find((n) => n.name === name);
    assert.ok(node, name);
    return [node.lo * 2 ** node.grid, node.hi * 2 ** node.grid];
  };
  const at = (op: string, nth: number) => nodes.filter(({ opType }) => opType === op)[nth]?.name ?? '';
  assert.deepEqual([kind, columns, table], ['attention', 2, { rows: 8, width: 2 }]);
  // key, query, value, scores, mixture, head
  assert.deepEqual(bound(at('MatMul', 3)), [-4 * 255 * 255, 4 * 255 * 255]);
  assert.deepEqual(bound(at('MatMul', 4)), [-2048 * 128 * 63, 2048 * 128 * 63]);
  assert.deepEqual(bound(at('ReduceSum', 0)), [0, 2048 * 128]);
  assert.deepEqual(bound(at('Sub', 0)), [-1025, 1025]);
  // Scores are at most 2032 and may be 2^17 less where the key must not be seen; the largest is at least -1024.
  assert.deepEqual(bound(at('ReduceMax', 0)), [-2033 - 2 ** 17, 2032]);
  assert.deepEqual(bound(at('Max', 0)), [-1024, 2032]);
  assert.deepEqual(bound(at('Sub', 1)), [-1024 - 2032, 2032 + 2033 + 2 ** 17]);
});

const inputs = (change: (all: NonNullable<GraphSpec['inputs']>) => NonNullable<GraphSpec['inputs']>) => {
  return (spec: GraphSpec) => {
    spec.inputs = change(spec.inputs ?? []);
  };
};
const setNode = (output: string, change: Partial<NodeSpec>) => (spec: GraphSpec) => {
  Object.assign(nodeOf(spec, output), change);
};
const floats = (name: string, dims: number[], value: number) => ({
  name,
  dims,
  values: new Float32Array(dims.reduce((a, b) => a * b, 1)).fill(value),
});
const int64 = (name: string, ...values: number[]) => ({
  name,
  dims: [values.length],
  values: BigInt64Array.from(values, BigInt),
});

test('bounds that are reached exactly pass', () => {
  // One key more would still do: 2081 * 128 * 63 is below 2^24, 2082 is too many (and 2082 sums need one row more).
  const keys = (most: number) => (spec: GraphSpec) => {
    setConstant(spec, int64('most', most));
    setConstant(spec, floats('reciprocals', [4096 + 2 * most], 0.5));
  };
  assert.ok(auditModel(attentionGraph(keys(2080))));
  assert.throws(() => auditModel(attentionGraph(keys(2081))), /its result can reach 16781184 units of 2\^0/);
});

type ErrorClass = new (message: string) => Error;
const refused: [string, ErrorClass, RegExp, (spec: GraphSpec) => void][] = [
  // --- how many keys
  [
    'any number of keys',
    InexactGraphError,
    /\(MatMul|ReduceSum\).*any number of elements.*bound it with a Slice/,
    (spec) => {
      for (const name of ['contexts', 'bytes', 'positions', 'calls']) {
        const { output } = nodeOf(spec, `c_${name}`);
        spec.nodes = spec.nodes.filter((node) => node.output !== output);
        for (const node of spec.nodes) node.inputs = node.inputs.map((i) => (i === output ? `content_${name}` : i));
      }
    },
  ],
  [
    'a dimension without a length or a name, which is not one of length 0',
    GraphContractError,
    /must be int32 \[B, tokens/,
    (spec) => {
      for (const input of spec.inputs ?? []) input.dims = input.dims.map((d) => (d === 'c' ? '' : d));
    },
  ],
  [
    'values of 64: one more than 2048 keys allow',
    InexactGraphError,
    /\(MatMul\): its result can reach 16777216 units of 2\^0/,
    (spec) => {
      setConstant(spec, scalar('n63', -64));
      setConstant(spec, scalar('p63', 64));
    },
  ],
  [
    'weights whose sum is over any number of rows',
    InexactGraphError,
    /\(ReduceSum\).*any number of elements/,
    setNode('total', { inputs: ['q_code', 'last'] }),
  ],
  [
    'a Slice up to a computed place',
    OperatorNotAllowedError,
    /ends must be a constant/,
    setNode('c_calls', { inputs: ['content_calls', 'zero', 'query_calls', 'one'] }),
  ],
  [
    'a Slice counted from the end',
    OperatorNotAllowedError,
    /counted from 0/,
    (spec) => setConstant(spec, int64('most', -1)),
  ],
  ['an empty Slice', OperatorNotAllowedError, /nothing of axis/, (spec) => setConstant(spec, int64('most', 0))],
  ['a Slice of no axis', OperatorNotAllowedError, /nothing of axis 3/, (spec) => setConstant(spec, int64('one', 3))],
  ['a Slice of two axes', OperatorNotAllowedError, /slices one axis/, (spec) => setConstant(spec, int64('one', 0, 1))],
  [
    'a Slice with steps',
    OperatorNotAllowedError,
    /4 operands/,
    setNode('c_calls', { inputs: ['content_calls', 'zero', 'most', 'one', 'one'] }),
  ],
  // --- operands and results of few bits
  [
    'keys of more than 8 bits',
    InexactGraphError,
    /operand key_t reaches 257 units of 2\^0, more than 8 significant bits/,
    (spec) => {
      spec.constants.push(scalar('p257', 257));
      nodeOf(spec, 'c_key').inputs[2] = 'p257';
      nodeOf(spec, 'c_key8').inputs[2] = 'p257';
    },
  ],
  [
    'weights that were not brought back to 8 bits',
    InexactGraphError,
    /operand square reaches 16384 units/,
    setNode('mixed', { inputs: ['square', 'value'] }),
  ],
  [
    'a product of 24 bits and 8',
    InexactGraphError,
    /\(Mul\): its result can reach/,
    setNode('quotient', { inputs: ['mixed', 'reciprocal'] }),
  ],
  [
    'numbers on many grids, added before they are clipped',
    InexactGraphError,
    /\(Add\): its result can reach/,
    (spec) => {
      setNode('quotient_clip', { op: 'Add', inputs: ['quotient', 'quotient'] })(spec);
    },
  ],
  [
    'numbers on many grids as operands of a MatMul',
    InexactGraphError,
    /operand quotient_clip reaches .* more than 8 significant bits/,
    setNode('head', { inputs: ['quotient_clip', 'w_head'] }),
  ],
  [
    'numbers on many grids as weights',
    InexactGraphError,
    /operand w_head reaches .* more than 10 significant bits/,
    (spec) =>
      setConstant(spec, {
        name: 'w_head',
        dims: [4, 256],
        values: Float32Array.from({ length: 1024 }, (_, i) => 129 * 2 ** -(i % 20)),
      }),
  ],
  // --- tables
  [
    'a table of reciprocals one row short',
    OperatorNotAllowedError,
    new RegExp(`row 0\\.\\.${RECIPROCALS - 1} of a table of ${RECIPROCALS - 1} rows`),
    (spec) => setConstant(spec, floats('reciprocals', [RECIPROCALS - 1], 0.5)),
  ],
  [
    'a row counted from the end',
    OperatorNotAllowedError,
    /row -1024\.\.2032 of a table/,
    setNode('row', { inputs: ['top_or_more'] }),
  ],
  ['a fraction as a row', OperatorNotAllowedError, /only whole numbers/, setNode('row', { inputs: ['coarse_scaled'] })],
  ['a Cast to nothing', OperatorNotAllowedError, /needs the attribute to/, setNode('row', { attributes: [] })],
  [
    'a computed table',
    OperatorNotAllowedError,
    /only constant tables/,
    setNode('reciprocal', { inputs: ['weight', 'row'] }),
  ],
  [
    'constant rows',
    OperatorNotAllowedError,
    /indices must be an input or computed/,
    setNode('reciprocal', { inputs: ['reciprocals', 'zero'] }),
  ],
  [
    'float rows',
    OperatorNotAllowedError,
    /indices must be int32 or int64/,
    setNode('reciprocal', { inputs: ['reciprocals', 'index'] }),
  ],
  ['arithmetic on int32', OperatorNotAllowedError, /must be float/, setNode('quotient', { inputs: ['near', 'row'] })],
  // --- shapes and attributes
  [
    'a Transpose without perm',
    OperatorNotAllowedError,
    /needs the attribute perm/,
    setNode('key_t', { attributes: [] }),
  ],
  [
    'a Transpose by no permutation',
    OperatorNotAllowedError,
    /permutation of all dimensions/,
    setNode('key_t', { attributes: [{ name: 'perm', ints: [0, 1, 1] }] }),
  ],
  [
    'a ReduceMax over everything',
    OperatorNotAllowedError,
    /needs the attribute axes/,
    setNode('top', { attributes: [{ name: 'keepdims', i: 1 }] }),
  ],
  [
    'a ReduceMax along another axis',
    OperatorNotAllowedError,
    /needs the attribute axes, \[-1\]/,
    setNode('top', { attributes: [{ name: 'axes', ints: [1] }] }),
  ],
  [
    'a ReduceMax that drops the axis',
    OperatorNotAllowedError,
    /keepdims must be 1/,
    setNode('top', {
      attributes: [
        { name: 'axes', ints: [-1] },
        { name: 'keepdims', i: 0 },
      ],
    }),
  ],
  [
    'a ReduceSum along another axis',
    OperatorNotAllowedError,
    /axes must be \[-1\]/,
    setNode('total', { inputs: ['weight', 'zero'] }),
  ],
  ['a Concat without an axis', OperatorNotAllowedError, /attribute axis/, setNode('q_both', { attributes: [] })],
  [
    'a Concat of different ranks',
    OperatorNotAllowedError,
    /different ranks/,
    setNode('q_both', { inputs: ['q_first', 'q_cast'] }),
  ],
  [
    'a Reshape with two open dimensions',
    OperatorNotAllowedError,
    /more than one dimension/,
    (spec) => setConstant(spec, int64('down', -1, -1, 1)),
  ],
  [
    'a list where an integer belongs',
    OperatorNotAllowedError,
    /attribute axis must be 0/,
    setNode('c_code', { attributes: [{ name: 'axis', ints: [0] }] }),
  ],
  ['ReduceMean', OperatorNotAllowedError, /not on the allow-list/, setNode('total', { op: 'ReduceMean' })],
  ['Where', OperatorNotAllowedError, /not on the allow-list/, setNode('off', { op: 'Where' })],
  [
    'Sqrt',
    OperatorNotAllowedError,
    /not on the allow-list/,
    setNode('square_scaled', { op: 'Sqrt', inputs: ['square'] }),
  ],
  // --- the contract with the caller
  [
    'an input too few',
    GraphContractError,
    /the inputs of an attention model are/,
    inputs((all) => all.filter(({ name }) => name !== 'query_calls')),
  ],
  [
    'an input too many',
    GraphContractError,
    /the inputs of an attention model are/,
    inputs((all) => [...all, { name: 'noise', elemType: ElementType.int32, dims: ['B', 'Q'] }]),
  ],
  [
    'float positions',
    GraphContractError,
    /`query_positions` must be int32 \[B, tokens\]/,
    inputs((all) => all.map((i) => (i.name === 'query_positions' ? { ...i, elemType: ElementType.float } : i))),
  ],
  [
    'a fixed number of queries',
    GraphContractError,
    /`query_calls` must be int32/,
    inputs((all) => all.map((i) => (i.name === 'query_calls' ? { ...i, dims: ['B', 1024] } : i))),
  ],
  [
    'fewer columns of queries than of contents',
    GraphContractError,
    /2 columns of contents, 3 of queries/,
    inputs((all) => all.map((i) => (i.name === 'query_contexts' ? { ...i, dims: ['B', 'Q', 3] } : i))),
  ],
  [
    'call codes without one for padding',
    GraphContractError,
    /`content_calls` needs 1026 rows, codes has 1025/,
    (spec) => setConstant(spec, floats('codes', [1025], 1)),
  ],
  [
    'positions for one block only',
    GraphContractError,
    /`content_positions` needs 2048 rows, cosines has 2047/,
    (spec) => setConstant(spec, floats('cosines', [2047, 4], 128)),
  ],
  [
    'bytes that are not looked at',
    GraphContractError,
    /`content_bytes` is not looked up/,
    (spec) => {
      setNode('c_byte', { inputs: ['bytes', 'c_calls'] })(spec);
    },
  ],
  [
    'two tables of contexts',
    GraphContractError,
    /one int8 table/,
    (spec) => {
      setConstant(spec, { name: 'table2', dims: [8, 2], values: new Int8Array(16).fill(1) });
      setNode('q_rows', { inputs: ['table2', 'query_contexts'] })(spec);
    },
  ],
  [
    'logits of fewer symbols',
    GraphContractError,
    /logits must be \[B, Q, 256\]/,
    (spec) => (spec.outputs = [{ name: 'logits', elemType: ElementType.float, dims: ['B', 'Q', 255] }]),
  ],
];

for (const [what, errorClass, reason, change] of refused) {
  test(`refuses ${what}`, () => {
    assert.throws(
      () => auditModel(attentionGraph(change)),
      (error) => {
        assert.ok(error instanceof errorClass, `${String(error)} is not the expected class`);
        assert.match(error.message, reason);
        return true;
      },
    );
  });
}
