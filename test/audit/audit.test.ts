import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import test from 'node:test';
import { auditModel } from '../../src/audit/audit.js';
import { GraphContractError, InexactGraphError, OperatorNotAllowedError } from '../../src/audit/errors.js';
import { UnreadableModelError } from '../../src/onnx/errors.js';
import { ElementType } from '../../src/onnx/read.js';
import {
  contextGraph,
  type GraphSpec,
  insertAfter,
  type NodeSpec,
  scalar,
  setConstant,
  weights,
} from './graph-builder.js';

const fixtures = new URL('../../../test/fixtures/models/', import.meta.url);

for (const id of readdirSync(fixtures)) {
  test(`proves ${id}`, () => {
    const report = auditModel(readFileSync(new URL(`${id}/model.onnx`, fixtures)));
    assert.equal(report.columns, 3);
    assert.ok(report.nodes.length >= 11);
    for (const node of report.nodes) assert.ok(node.headroom > 0, node.name);
  });
}

test('derives the bounds of a graph by hand', () => {
  const { nodes, columns, table } = auditModel(contextGraph());
  const bound = (op: string) => {
    const node = nodes.find(({ opType }) => opType === op);
    return node && { lo: node.lo, hi: node.hi, grid: node.grid };
  };
  assert.equal(columns, 2);
  assert.deepEqual(table, { rows: 8, width: 2 });
  assert.deepEqual(bound('Gather'), { lo: -128, hi: 127, grid: 0 });
  assert.deepEqual(bound('Cast'), { lo: -128, hi: 127, grid: 0 });
  const product = 4 * 127 * 128; // inputs x weight x table, in units of the weights' 2^-7
  assert.deepEqual(bound('MatMul'), { lo: -product, hi: product, grid: -7 });
  assert.deepEqual(bound('Add'), { lo: -product + 64, hi: product + 64, grid: -7 });
  assert.deepEqual(bound('Floor'), { lo: -508, hi: 508, grid: 0 });
  assert.deepEqual(bound('Clip'), { lo: -508, hi: 508, grid: 0 });
});

test('the bound of a MatMul is that of its worst column, and of sums in any order', () => {
  // Terms cancel in order, but not in every order: the bound is the sum of magnitudes.
  const report = auditModel(
    contextGraph((spec) => {
      setConstant(spec, {
        name: 'w',
        dims: [4, 256],
        values: weights((i, j) => (j === 7 ? [100, -100, 100, -100][i] : 1)),
      });
    }),
  );
  const { lo, hi } = report.nodes.find(({ opType }) => opType === 'MatMul') ?? {};
  assert.deepEqual([lo, hi], [-400 * 128, 400 * 128]);
});

/** Weights of 64 units, an output's unit being 2^0 to 2^coarsest. */
const unitsOfOutputs = (coarsest: number) => (spec: GraphSpec) =>
  setConstant(spec, {
    name: 'w',
    dims: [4, 256],
    values: weights((i, j) => (i % 2 ? 64 : 63) * 2 ** (j % (coarsest + 1))),
  });

test('outputs may have units of their own: all count in the finest, of 10 bits', () => {
  const { lo, hi, grid } =
    auditModel(contextGraph(unitsOfOutputs(4))).nodes.find(({ opType }) => opType === 'MatMul') ?? {};
  const most = 2 * (63 + 64) * 2 ** 4 * 128;
  assert.deepEqual([lo, hi, grid], [-most, most, 0]);
  assert.throws(() => auditModel(contextGraph(unitsOfOutputs(5))), /operand w reaches 2048 units of 2\^0/);
});

test('multiplication by a power of two moves the grid only', () => {
  const { nodes } = auditModel(
    contextGraph((spec) => {
      spec.constants.push(scalar('quarter', 0.25));
      insertAfter(spec, 'sum', (previous) => ({ op: 'Mul', inputs: [previous, 'quarter'], output: '' }));
    }),
  );
  const [add, mul] = ['Add', 'Mul'].map((op) => nodes.find(({ opType }) => opType === op));
  assert.ok(add && mul);
  assert.deepEqual([mul.lo, mul.hi, mul.grid], [add.lo, add.hi, add.grid - 2]);
});

test('multiplication by anything passes while the product stays below 2^24', () => {
  const { nodes } = auditModel(
    contextGraph((spec) => {
      // As in the graph with 259 that is refused below.
      setConstant(spec, { name: 'b', dims: [256], values: new Float32Array(256).fill(66 / 128) });
      spec.constants.push(scalar('factor', 257));
      insertAfter(spec, 'sum', (previous) => ({ op: 'Mul', inputs: [previous, 'factor'], output: '' }));
    }),
  );
  const mul = nodes.find(({ opType }) => opType === 'Mul');
  assert.equal(mul?.significand, 257 * 65090);
});

/** Operators that the graph may hold nowhere, put in after the sum. */
const unary = (op: string, more: Partial<NodeSpec> = {}) => {
  return (spec: GraphSpec) =>
    insertAfter(spec, 'sum', (previous) => ({
      op,
      inputs: [previous, ...(more.inputs ?? [])],
      output: '',
      ...without(more),
    }));
};
function without({ inputs: _, ...rest }: Partial<NodeSpec>): Partial<NodeSpec> {
  return rest;
}

type ErrorClass = new (message: string) => Error;
const refused: [string, ErrorClass, RegExp, (spec: GraphSpec) => void][] = [
  ['Softmax', OperatorNotAllowedError, /Softmax.*not on the allow-list/, unary('Softmax')],
  ['Div', OperatorNotAllowedError, /Div.*not on the allow-list/, unary('Div', { inputs: ['high'] })],
  ['Conv', OperatorNotAllowedError, /Conv.*not on the allow-list/, unary('Conv', { inputs: ['w'] })],
  ['Exp', OperatorNotAllowedError, /Exp.*not on the allow-list/, unary('Exp')],
  ['Round', OperatorNotAllowedError, /Round.*not on the allow-list/, unary('Round')],
  ['If', OperatorNotAllowedError, /If.*not on the allow-list/, unary('If')],
  ['Gemm', OperatorNotAllowedError, /Gemm.*not on the allow-list/, unary('Gemm', { inputs: ['w'] })],
  [
    'an unknown domain',
    OperatorNotAllowedError,
    /domain "com.microsoft" is not the standard one/,
    unary('Floor', { domain: 'com.microsoft' }),
  ],
  [
    'Mul by 0.3, which is on no grid',
    InexactGraphError,
    /mul5 \(Mul\): its result can reach/,
    (spec) => {
      spec.constants.push(scalar('factor', 0.3));
      unary('Mul', { inputs: ['factor'] })(spec);
    },
  ],
  [
    'a Mul by 259 that lifts the sum to 2^24',
    InexactGraphError,
    /mul5 \(Mul\): its result can reach 16858310 units/,
    (spec) => {
      // The sum reaches 65024 + 66 units: 257 times that is below 2^24, and needs no power of two.
      setConstant(spec, { name: 'b', dims: [256], values: new Float32Array(256).fill(66 / 128) });
      spec.constants.push(scalar('factor', 259));
      unary('Mul', { inputs: ['factor'] })(spec);
    },
  ],
  [
    'a Mul of two results whose product needs more than 24 bits',
    InexactGraphError,
    /mul5 \(Mul\): its result can reach/,
    unary('Mul', { inputs: ['product'] }),
  ],
  [
    'a MatMul of two results that were not clipped',
    InexactGraphError,
    /operand product_before reaches 65024 units/,
    (spec) => insertAfter(spec, 'product', (previous) => ({ op: 'MatMul', inputs: [previous, 'x'], output: '' })),
  ],
  [
    'a constant on the left of a MatMul',
    OperatorNotAllowedError,
    /left operand must not be constant/,
    (spec) => (spec.nodes[3].inputs = ['w', 'w']),
  ],
  [
    'a float table',
    OperatorNotAllowedError,
    /only int8 may be cast to float/,
    (spec) => setConstant(spec, { name: 'table', dims: [8, 2], values: new Float32Array(16) }),
  ],
  ['arithmetic on int8', OperatorNotAllowedError, /must be float/, (spec) => (spec.nodes[2].inputs[0] = 'rows')],
  ['a shape that is not constant', OperatorNotAllowedError, /shape/, (spec) => (spec.nodes[2].inputs[1] = 'indices')],
  [
    'a Cast to half precision',
    OperatorNotAllowedError,
    /attribute to must be 1 or 6/,
    (spec) => (spec.nodes[1].attributes = [{ name: 'to', i: 10 }]),
  ],
  [
    'a Gather along another axis',
    OperatorNotAllowedError,
    /attribute axis must be 0/,
    (spec) => (spec.nodes[0].attributes = [{ name: 'axis', i: 1 }]),
  ],
  [
    'an attribute of another type',
    OperatorNotAllowedError,
    /attribute axis must be 0/,
    (spec) => (spec.nodes[0].attributes = [{ name: 'axis', i: 0, type: 5 }]),
  ],
  [
    'an unknown attribute',
    OperatorNotAllowedError,
    /attribute mode/,
    (spec) => (spec.nodes[3].attributes = [{ name: 'mode', i: 1 }]),
  ],
  ['two outputs', OperatorNotAllowedError, /one output/, (spec) => (spec.nodes[5].output = ['floor', 'more'])],
  ['a Clip without an upper bound', OperatorNotAllowedError, /3 operands/, (spec) => spec.nodes[6].inputs.pop()],
  [
    'a Clip upside down',
    OperatorNotAllowedError,
    /lower bound is above/,
    (spec) => (spec.nodes[6].inputs = ['floor', 'high', 'low']),
  ],
  [
    'a Clip by results',
    OperatorNotAllowedError,
    /constant of one element/,
    (spec) => (spec.nodes[6].inputs = ['floor', 'floor', 'high']),
  ],
  [
    'a weight of 1100',
    InexactGraphError,
    /operand w reaches 1100 units of 2\^0, more than 10 significant bits/,
    (spec) =>
      setConstant(spec, { name: 'w', dims: [4, 256], values: weights((i, j) => (i === 1 && j === 9 ? 1100 : 1)) }),
  ],
  [
    'weights on no grid',
    InexactGraphError,
    /operand w reaches .* more than 10 significant bits/,
    (spec) => setConstant(spec, { name: 'w', dims: [4, 256], values: weights((i, j) => Math.sin(i + j)) }),
  ],
  [
    'activations that were not clipped to 8 bits',
    InexactGraphError,
    /operand hidden reaches 1000 units/,
    (spec) => {
      spec.constants.push(scalar('zero', 0), scalar('thousand', 1000), {
        name: 'w2',
        dims: [256, 256],
        values: weights(() => 1, 256),
      });
      setConstant(spec, { name: 'w', dims: [4, 256], values: weights(() => 127) });
      spec.nodes.splice(
        6,
        1,
        { op: 'Clip', inputs: ['floor', 'zero', 'thousand'], output: 'hidden' },
        { op: 'MatMul', inputs: ['hidden', 'w2'], output: 'product2' },
        { op: 'Clip', inputs: ['product2', 'low', 'high'], output: 'logits' },
      );
    },
  ],
  [
    'a sum of products above 2^24',
    InexactGraphError,
    /matmul3 \(MatMul\): its result can reach 33292288 units of 2\^0/,
    (spec) => {
      // 2048 inputs x 127 x 128 = 33,292,288
      setConstant(spec, { name: 'table', dims: [8, 1024], values: new Int8Array(8192).fill(-128) });
      setConstant(spec, { name: 'shape', dims: [2], values: BigInt64Array.of(-1n, 2048n) });
      setConstant(spec, { name: 'w', dims: [2048, 256], values: weights(() => 127, 2048) });
    },
  ],
  [
    'a bias that lifts the sum to 2^24',
    InexactGraphError,
    /add4 \(Add\): its result can reach 16777216 units of 2\^-7/,
    (spec) => {
      const units = 2 ** 24 - 4 * 127 * 128;
      setConstant(spec, { name: 'b', dims: [256], values: new Float32Array(256).fill(units / 128) });
    },
  ],
  [
    'a bias on a grid too fine for the sum',
    InexactGraphError,
    /add4 \(Add\)/,
    (spec) => setConstant(spec, { name: 'b', dims: [256], values: new Float32Array(256).fill(2 ** -20) }),
  ],
  [
    'a constant that is not a number',
    InexactGraphError,
    /NaN/,
    (spec) => setConstant(spec, { name: 'b', dims: [256], values: new Float32Array(256).fill(Number.NaN) }),
  ],
  [
    'units that are nearly denormal',
    InexactGraphError,
    /outside 2\^-100/,
    (spec) => setConstant(spec, { name: 'w', dims: [4, 256], values: weights(() => 2 ** -120) }),
  ],
  [
    'a last Clip wider than the codec reads',
    GraphContractError,
    /logits reach -1024\.\.2000/,
    (spec) => {
      setConstant(spec, scalar('high', 2000));
      setConstant(spec, { name: 'w', dims: [4, 256], values: weights(() => 127) });
    },
  ],
  [
    'logits that are not whole',
    GraphContractError,
    /whole numbers/,
    (spec) => {
      spec.nodes.splice(5, 1);
      spec.nodes[5].inputs[0] = 'sum';
    },
  ],
  ['a Clip at a fraction', GraphContractError, /whole numbers/, (spec) => setConstant(spec, scalar('high', 0.3))],
  ['no logits', GraphContractError, /no node computes `logits`/, (spec) => (spec.nodes[6].output = 'something')],
  [
    'another input',
    GraphContractError,
    /only input/,
    (spec) =>
      (spec.inputs = [
        { name: 'indices', elemType: ElementType.int32, dims: ['N', 2] },
        { name: 'noise', elemType: ElementType.float, dims: ['N', 2] },
      ]),
  ],
  [
    'float indices',
    GraphContractError,
    /int32/,
    (spec) => (spec.inputs = [{ name: 'indices', elemType: ElementType.float, dims: ['N', 2] }]),
  ],
  [
    'a fixed batch',
    GraphContractError,
    /int32 \[N, columns\]/,
    (spec) => (spec.inputs = [{ name: 'indices', elemType: ElementType.int32, dims: [4, 2] }]),
  ],
  [
    'any number of columns',
    GraphContractError,
    /columns/,
    (spec) => (spec.inputs = [{ name: 'indices', elemType: ElementType.int32, dims: ['N', 'C'] }]),
  ],
  [
    'outputs for fewer symbols',
    GraphContractError,
    /256/,
    (spec) => (spec.outputs = [{ name: 'logits', elemType: ElementType.float, dims: ['N', 255] }]),
  ],
  [
    'two outputs of the graph',
    GraphContractError,
    /only output/,
    (spec) =>
      (spec.outputs = ['logits', 'sum'].map((name) => ({ name, elemType: ElementType.float, dims: ['N', 256] }))),
  ],
  [
    'two lookups',
    GraphContractError,
    /looked up once/,
    (spec) => spec.nodes.push({ op: 'Gather', inputs: ['table', 'indices'], output: 'again' }),
  ],
  ['an operand from nowhere', UnreadableModelError, /not defined/, (spec) => (spec.nodes[4].inputs[1] = 'nothing')],
  ['a tensor defined twice', UnreadableModelError, /defined twice/, (spec) => (spec.nodes[5].output = 'sum')],
  [
    'a constant that an input could replace',
    GraphContractError,
    /only input/,
    (spec) =>
      (spec.inputs = [
        { name: 'indices', elemType: ElementType.int32, dims: ['N', 2] },
        { name: 'b', elemType: ElementType.float, dims: [256] },
      ]),
  ],
  [
    'an empty constant',
    UnreadableModelError,
    /empty/,
    (spec) => setConstant(spec, { name: 'b', dims: [0], values: new Float32Array(0) }),
  ],
];

for (const [what, errorClass, reason, change] of refused) {
  test(`refuses ${what}`, () => {
    assert.throws(
      () => auditModel(contextGraph(change)),
      (error) => {
        assert.ok(error instanceof errorClass, `${String(error)} is not the expected class`);
        assert.match(error.message, reason);
        return true;
      },
    );
  });
}
