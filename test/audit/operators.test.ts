import assert from 'node:assert/strict';
import test from 'node:test';
import { InexactGraphError, OperatorNotAllowedError } from '../../src/audit/errors.js';
import { applyOperator, type Tensor } from '../../src/audit/operators.js';
import { ElementType } from '../../src/onnx/read.js';

const ANY = Number.POSITIVE_INFINITY;

function computed(name: string, extents: readonly number[], most: number): Tensor {
  const interval = { lo: -most, hi: most, grid: 0 };
  return { name, elementType: ElementType.float, interval, extents, constant: null, input: null };
}

function matMul(x: Tensor, y: Tensor): Tensor {
  const node = { name: 'node', opType: 'MatMul', domain: '', inputs: [x.name, y.name], outputs: ['z'] };
  return applyOperator({ ...node, attributes: new Map() }, [x, y]);
}

test('a product of two results has as many terms as the operand with fewer elements says', () => {
  for (const [left, right] of [
    [5, ANY],
    [ANY, 5],
    [5, 9],
    [9, 5],
  ]) {
    const { interval, extents } = matMul(computed('x', [ANY, 3, left], 100), computed('y', [ANY, right, 7], 60));
    assert.deepEqual([interval?.lo, interval?.hi], [-5 * 100 * 60, 5 * 100 * 60]);
    assert.deepEqual(extents, [ANY, 3, 7]);
  }
});

test('a product of two results of any number of terms is refused', () => {
  assert.throws(() => matMul(computed('x', [3, ANY], 1), computed('y', [ANY, 7], 1)), InexactGraphError);
});

test('a product of vectors is refused', () => {
  assert.throws(() => matMul(computed('x', [3], 1), computed('y', [3, 7], 1)), OperatorNotAllowedError);
});
