import { InexactGraphError, OperatorNotAllowedError } from './errors.js';
import type { Interval } from './interval.js';
import * as interval from './interval.js';
import { type Constant, ElementType, type GraphNode } from './onnx.js';

/** Bits that fp32 holds exactly. Every bound in units of its grid must stay below 2 ** EXACT_BITS. */
export const EXACT_BITS = 24;
/** Significant bits of a MatMul's operands: activations, and constant weights. TF32 holds 11 (audit.md). */
export const ACTIVATION_BITS = 8;
export const WEIGHT_BITS = 10;

/** What is known of a tensor: the interval of its elements (null for indices and shapes), and its value if constant. */
export interface Tensor {
  readonly name: string;
  readonly elementType: number;
  readonly interval: Interval | null;
  readonly constant: Constant | null;
}

/** The interval of a node's result, by its operands. Element types of operands are checked here too. */
type Rule = (node: GraphNode, operands: readonly Tensor[]) => Interval;

interface Operator {
  /** Operands, in order; a number of them is the same for every use of the operator. */
  readonly operands: number;
  /** Integer attributes that may be present, with the only value that is allowed. */
  readonly attributes: Readonly<Record<string, number>>;
  readonly result: ElementType;
  readonly rule: Rule;
}

function refuse(node: GraphNode, reason: string): never {
  throw new OperatorNotAllowedError(`node ${node.name} (${node.opType}): ${reason}`);
}

/** A float tensor's interval. */
function float(node: GraphNode, tensor: Tensor): Interval {
  if (tensor.elementType !== ElementType.float || tensor.interval === null) {
    refuse(node, `operand ${tensor.name} must be float`);
  }
  return tensor.interval;
}

/** The interval of a float constant of one element. */
function scalar(node: GraphNode, tensor: Tensor): Interval {
  const value = float(node, tensor);
  if (tensor.constant?.values.length !== 1) refuse(node, `operand ${tensor.name} must be a constant of one element`);
  return value;
}

const gather: Rule = (node, [table, indices]) => {
  if (table.constant?.elementType !== ElementType.int8 || table.interval === null) {
    refuse(node, 'only constant int8 tables may be looked up');
  }
  if (indices.elementType !== ElementType.int32 && indices.elementType !== ElementType.int64) {
    refuse(node, 'indices must be int32 or int64');
  }
  return table.interval;
};

const cast: Rule = (node, [x]) => {
  if (x.elementType !== ElementType.int8 || x.interval === null) refuse(node, 'only int8 may be cast to float');
  return x.interval;
};

const reshape: Rule = (node, [x, shape]) => {
  if (shape.constant?.elementType !== ElementType.int64) refuse(node, 'the shape must be a constant');
  return float(node, x);
};

/** See audit.md: the sum of the absolute values bounds every partial sum, in any order and grouping. */
const matMul: Rule = (node, [x, w]) => {
  const left = float(node, x);
  const right = float(node, w);
  if (x.constant !== null || !(w.constant?.values instanceof Float32Array) || w.constant.dims.length !== 2) {
    refuse(node, 'the right operand must be a constant matrix, and only that one a constant');
  }
  for (const [tensor, operand, bits] of [[x, left, ACTIVATION_BITS] as const, [w, right, WEIGHT_BITS] as const]) {
    if (interval.magnitude(operand) <= 2 ** bits) continue;
    throw new InexactGraphError(
      `node ${node.name} (MatMul): operand ${tensor.name} reaches ${interval.magnitude(operand)} units of ` +
        `2^${operand.grid}, more than ${bits} significant bits; clip activations and quantise weights finer`,
    );
  }
  const [rows, columns] = w.constant.dims;
  const sums = new Float64Array(columns);
  for (let row = 0, i = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++, i++) sums[column] += Math.abs(w.constant.values[i]);
  }
  const largest = sums.reduce((a, b) => Math.max(a, b), 0) * 2 ** -right.grid;
  const bound = largest * interval.magnitude(left);
  return { lo: -bound, hi: bound, grid: left.grid + right.grid };
};

const mul: Rule = (node, [x, factor]) => {
  const value = scalar(node, factor);
  if (value.lo !== 1) refuse(node, `only multiplication by a power of two is exact, ${factor.name} is not one`);
  const operand = float(node, x);
  return { ...operand, grid: operand.grid + value.grid };
};

const clip: Rule = (node, [x, low, high]) => {
  const [lowest, highest] = [scalar(node, low), scalar(node, high)];
  if (lowest.lo * 2 ** lowest.grid > highest.hi * 2 ** highest.grid) refuse(node, 'its lower bound is above the upper');
  return interval.clip(float(node, x), lowest, highest);
};

/** The allow-list. Whatever is not here is refused, however harmless it may be: prove it, then add it. */
const OPERATORS: ReadonlyMap<string, Operator> = new Map<string, Operator>([
  ['Gather', { operands: 2, attributes: { axis: 0 }, result: ElementType.int8, rule: gather }],
  ['Cast', { operands: 1, attributes: { to: ElementType.float }, result: ElementType.float, rule: cast }],
  ['Reshape', { operands: 2, attributes: { allowzero: 0 }, result: ElementType.float, rule: reshape }],
  ['MatMul', { operands: 2, attributes: {}, result: ElementType.float, rule: matMul }],
  [
    'Add',
    {
      operands: 2,
      attributes: {},
      result: ElementType.float,
      rule: (node, [x, y]) => interval.add(float(node, x), float(node, y)),
    },
  ],
  ['Mul', { operands: 2, attributes: {}, result: ElementType.float, rule: mul }],
  [
    'Floor',
    { operands: 1, attributes: {}, result: ElementType.float, rule: (node, [x]) => interval.floor(float(node, x)) },
  ],
  ['Clip', { operands: 3, attributes: {}, result: ElementType.float, rule: clip }],
]);

/**
 * The result of a node, proven exact as far as its operands are.
 *
 * @throws OperatorNotAllowedError, InexactGraphError
 */
export function applyOperator(node: GraphNode, operands: readonly Tensor[]): Tensor {
  const operator = OPERATORS.get(node.opType);
  if (node.domain !== '' && node.domain !== 'ai.onnx') refuse(node, `domain "${node.domain}" is not the standard one`);
  if (operator === undefined) refuse(node, `not on the allow-list (${[...OPERATORS.keys()].join(', ')})`);
  if (node.outputs.length !== 1) refuse(node, 'must have one output');
  if (operands.length !== operator.operands) refuse(node, `must have ${operator.operands} operands`);
  for (const [name, value] of node.attributes) {
    if (!Object.hasOwn(operator.attributes, name)) refuse(node, `attribute ${name} is not on the allow-list`);
    if (value !== operator.attributes[name]) refuse(node, `attribute ${name} must be ${operator.attributes[name]}`);
  }
  const result = operator.rule(node, operands);
  if (!(interval.magnitude(result) < 2 ** EXACT_BITS)) {
    throw new InexactGraphError(
      `node ${node.name} (${node.opType}): its result can reach ${interval.magnitude(result)} units of 2^${result.grid}, ` +
        `fp32 holds integers below 2^${EXACT_BITS} exactly; use smaller weights, fewer inputs or a smaller bias`,
    );
  }
  return { name: node.outputs[0], elementType: operator.result, interval: result, constant: null };
}
