import { type Constant, ElementType, type GraphNode } from '../onnx/read.js';
import { InexactGraphError, OperatorNotAllowedError } from './errors.js';
import * as extents from './extents.js';
import type { Interval } from './interval.js';
import * as interval from './interval.js';

/** Bits that fp32 holds exactly. Every bound in units of its grid must stay below 2 ** EXACT_BITS. */
export const EXACT_BITS = 24;
/** Significant bits of a MatMul's operands: activations, and constant weights. TF32 holds 11 (audit.md). */
export const ACTIVATION_BITS = 8;
export const WEIGHT_BITS = 10;

/** What is known of a tensor. */
export interface Tensor {
  readonly name: string;
  readonly elementType: number;
  /** Of its elements; null for inputs and shapes. */
  readonly interval: Interval | null;
  /** Upper bounds of its dimensions. */
  readonly extents: extents.Extents;
  /** Its value, where it is a constant. */
  readonly constant: Constant | null;
  /** The input of the graph whose elements it holds, if it is an input or a part of one. */
  readonly input: string | null;
}

type Result = Pick<Tensor, 'elementType' | 'interval' | 'extents'> & { readonly input?: string | null };

/** The result of a node, by its operands. Element types of operands are checked here too. */
type Rule = (node: GraphNode, operands: readonly Tensor[]) => Result;

interface Operator {
  /** Operands, in order: how many there must be, or at least. */
  readonly operands: number;
  readonly more?: true;
  /** Attributes that may be present: the values that an integer may have, or a list that the rule checks. */
  readonly attributes: Readonly<Record<string, readonly number[] | 'list'>>;
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

/** The values of a constant int64 vector. */
function integers(node: GraphNode, tensor: Tensor, what: string): readonly number[] {
  if (!(tensor.constant?.values instanceof BigInt64Array)) refuse(node, `${what} must be a constant`);
  return Array.from(tensor.constant.values, Number);
}

/** A rule for an operator on one float tensor that keeps its shape. */
function unary(rule: (x: Interval) => Interval): Rule {
  return (node, [x]) => ({
    elementType: ElementType.float,
    interval: rule(float(node, x)),
    extents: x.extents,
  });
}

/** A rule for an elementwise operator on two float tensors. */
function binary(rule: (x: Interval, y: Interval, same: boolean) => Interval): Rule {
  return (node, [x, y]) => ({
    elementType: ElementType.float,
    interval: rule(float(node, x), float(node, y), x === y),
    extents: extents.broadcast(x.extents, y.extents),
  });
}

const gather: Rule = (node, [table, indices]) => {
  const kind = table.constant?.elementType;
  if ((kind !== ElementType.int8 && kind !== ElementType.float) || table.interval === null) {
    refuse(node, 'only constant tables, int8 or float, may be looked up');
  }
  const [rows, ...row] = table.constant?.dims ?? [];
  if (rows === undefined) refuse(node, `${table.name} has no rows`);
  if (indices.elementType !== ElementType.int32 && indices.elementType !== ElementType.int64) {
    refuse(node, 'indices must be int32 or int64');
  }
  if (indices.interval !== null) {
    const unit = 2 ** indices.interval.grid;
    const [first, last] = [indices.interval.lo * unit, indices.interval.hi * unit];
    if (first < 0 || last >= rows) refuse(node, `row ${first}..${last} of a table of ${rows} rows`);
  } else if (indices.input === null) {
    refuse(node, 'indices must be an input or computed');
  }
  return { elementType: kind, interval: table.interval, extents: [...indices.extents, ...row] };
};

const cast: Rule = (node, [x]) => {
  const to = node.attributes.get('to');
  if (to === ElementType.float) {
    if ((x.elementType !== ElementType.int8 && x.elementType !== ElementType.uint8) || x.interval === null) {
      refuse(node, 'only int8 may be cast to float, or bytes whose range is declared');
    }
    return { elementType: ElementType.float, interval: x.interval, extents: x.extents };
  }
  if (to !== ElementType.int32) refuse(node, 'needs the attribute to');
  const whole = float(node, x);
  if (whole.grid < 0 || interval.magnitude(whole) * 2 ** whole.grid >= 2 ** 31) {
    refuse(node, 'only whole numbers of 31 bits may be cast to int32');
  }
  return { elementType: ElementType.int32, interval: whole, extents: x.extents };
};

const reshape: Rule = (node, [x, shape]) => {
  const wanted = integers(node, shape, 'the shape');
  if (wanted.filter((n) => n === -1).length > 1 || wanted.some((n) => n < -1))
    refuse(node, 'more than one dimension is left open');
  if (wanted.some((n, i) => n === 0 && i >= x.extents.length)) refuse(node, 'it copies a dimension that is not there');
  return { elementType: ElementType.float, interval: float(node, x), extents: extents.reshape(x.extents, wanted) };
};

const transpose: Rule = (node, [x]) => {
  const perm = node.attributes.get('perm');
  if (!Array.isArray(perm) || perm.length !== x.extents.length || perm.some((_, i) => !perm.includes(i))) {
    refuse(node, 'needs the attribute perm, a permutation of all dimensions');
  }
  const moved = perm.map((i: number) => x.extents[i] as number);
  return { elementType: ElementType.float, interval: float(node, x), extents: moved };
};

/** One axis from a constant start to a constant end. What it leaves is no longer than that: the rule that bounds keys. */
const slice: Rule = (node, [x, starts, ends, axes]) => {
  const [start, end, axis] = [starts, ends, axes].map((operand, i) => {
    const values = integers(node, operand, ['starts', 'ends', 'axes'][i] as string);
    if (values.length !== 1 || (values[0] as number) < 0)
      refuse(node, 'slices one axis, from and to places counted from 0');
    return values[0] as number;
  }) as [number, number, number];
  if (end <= start || axis >= x.extents.length) refuse(node, `nothing of axis ${axis} lies in ${start}..${end}`);
  const length = Math.max(0, Math.min(x.extents[axis] as number, end) - start);
  if (x.input === null) float(node, x);
  return { ...x, extents: extents.replace(x.extents, axis, length) };
};

const concat: Rule = (node, operands) => {
  const axis = node.attributes.get('axis');
  const rank = operands[0].extents.length;
  if (typeof axis !== 'number' || axis < 0 || axis >= rank) refuse(node, 'needs the attribute axis, counted from 0');
  if (operands.some((x) => x.extents.length !== rank)) refuse(node, 'operands of different ranks');
  return {
    elementType: ElementType.float,
    interval: operands.map((x) => float(node, x)).reduce(interval.union),
    extents: operands[0].extents.map((_, i) => {
      const bounds = operands.map((x) => x.extents[i] as number);
      return i === axis ? bounds.reduce((a, b) => a + b) : Math.max(...bounds);
    }),
  };
};

/** Along the last axis, which is kept with length 1. */
function reduced(x: Tensor): extents.Extents {
  return extents.replace(x.extents, x.extents.length - 1, 1);
}

const reduceMax: Rule = (node, [x]) => {
  const axes = node.attributes.get('axes');
  if (!Array.isArray(axes) || axes.length !== 1 || axes[0] !== -1) refuse(node, 'needs the attribute axes, [-1]');
  return { elementType: ElementType.float, interval: float(node, x), extents: reduced(x) };
};

const reduceSum: Rule = (node, [x, axes]) => {
  const along = integers(node, axes, 'axes');
  if (along.length !== 1 || along[0] !== -1) refuse(node, 'axes must be [-1]');
  const count = bounded(node, x, x.extents.length - 1);
  return { elementType: ElementType.float, interval: interval.sum(float(node, x), count), extents: reduced(x) };
};

/** How many elements lie along an axis, at most. */
function bounded(node: GraphNode, x: Tensor, axis: number): number {
  const bound = x.extents[axis];
  if (bound === undefined || !Number.isFinite(bound)) {
    throw new InexactGraphError(
      `node ${node.name} (${node.opType}): operand ${x.name} may have any number of elements along the summed axis; ` +
        'bound it with a Slice',
    );
  }
  return bound;
}

const matMul: Rule = (node, [x, w]) => {
  if (x.constant !== null) refuse(node, 'the left operand must not be constant: activations come first');
  const [rank, rightRank] = [x.extents.length, w.extents.length];
  if (rank < 2 || rightRank < 2) refuse(node, 'operands must be matrices');
  const bound = w.constant !== null ? byConstant(node, x, w) : byResult(node, x, w);
  const outer = extents.broadcast(x.extents.slice(0, -2), w.extents.slice(0, -2));
  return {
    elementType: ElementType.float,
    interval: { lo: -bound, hi: bound, grid: float(node, x).grid + float(node, w).grid },
    extents: [...outer, x.extents[rank - 2] as number, w.extents[rightRank - 1] as number],
  };
};

/** Operands of few bits keep their products exact in every mode that a provider multiplies fp32 in. */
function checkBits(node: GraphNode, tensor: Tensor, bits: number): Interval {
  const operand = float(node, tensor);
  if (interval.magnitude(operand) <= 2 ** bits) return operand;
  throw new InexactGraphError(
    `node ${node.name} (MatMul): operand ${tensor.name} reaches ${interval.magnitude(operand)} units of ` +
      `2^${operand.grid}, more than ${bits} significant bits; clip activations and quantise weights finer`,
  );
}

/** See audit.md: the sum of the absolute values bounds every partial sum, in any order and grouping. */
function byConstant(node: GraphNode, x: Tensor, w: Tensor): number {
  if (!(w.constant?.values instanceof Float32Array) || w.constant.dims.length !== 2) {
    refuse(node, 'a constant right operand must be a float matrix');
  }
  const left = checkBits(node, x, ACTIVATION_BITS);
  const right = checkBits(node, w, WEIGHT_BITS);
  const [rows, columns] = w.constant.dims;
  const sums = new Float64Array(columns);
  for (let row = 0, i = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++, i++) sums[column] += Math.abs(w.constant.values[i]);
  }
  const largest = sums.reduce((a, b) => Math.max(a, b), 0) * 2 ** -right.grid;
  return largest * interval.magnitude(left);
}

/** The number of products in a sum, which both operands bound, times the largest product. */
function byResult(node: GraphNode, x: Tensor, y: Tensor): number {
  const [left, right] = [checkBits(node, x, ACTIVATION_BITS), checkBits(node, y, ACTIVATION_BITS)];
  const [mine, theirs] = [x.extents.length - 1, y.extents.length - 2];
  const shorter =
    (x.extents[mine] as number) < (y.extents[theirs] as number) ? bounded(node, x, mine) : bounded(node, y, theirs);
  return shorter * interval.magnitude(left) * interval.magnitude(right);
}

const clip: Rule = (node, [x, low, high]) => {
  const [lowest, highest] = [scalar(node, low), scalar(node, high)];
  if (lowest.lo * 2 ** lowest.grid > highest.hi * 2 ** highest.grid) refuse(node, 'its lower bound is above the upper');
  return unary((value) => interval.clip(value, lowest, highest))(node, [x]);
};

/** The allow-list. Whatever is not here is refused, however harmless it may be: prove it, then add it. */
const OPERATORS: ReadonlyMap<string, Operator> = new Map<string, Operator>([
  ['Gather', { operands: 2, attributes: { axis: [0] }, rule: gather }],
  ['Cast', { operands: 1, attributes: { to: [ElementType.float, ElementType.int32] }, rule: cast }],
  ['Reshape', { operands: 2, attributes: { allowzero: [0] }, rule: reshape }],
  ['Transpose', { operands: 1, attributes: { perm: 'list' }, rule: transpose }],
  ['Slice', { operands: 4, attributes: {}, rule: slice }],
  ['Concat', { operands: 1, more: true, attributes: { axis: [0, 1, 2, 3] }, rule: concat }],
  ['MatMul', { operands: 2, attributes: {}, rule: matMul }],
  ['Add', { operands: 2, attributes: {}, rule: binary(interval.add) }],
  ['Sub', { operands: 2, attributes: {}, rule: binary(interval.subtract) }],
  ['Mul', { operands: 2, attributes: {}, rule: binary(interval.multiply) }],
  ['Max', { operands: 2, attributes: {}, rule: binary(interval.larger) }],
  ['ReduceMax', { operands: 1, attributes: { axes: 'list', keepdims: [1] }, rule: reduceMax }],
  ['ReduceSum', { operands: 2, attributes: { keepdims: [1], noop_with_empty_axes: [0] }, rule: reduceSum }],
  ['Floor', { operands: 1, attributes: {}, rule: unary(interval.floor) }],
  ['Clip', { operands: 3, attributes: {}, rule: clip }],
]);

function checkAttributes(node: GraphNode, allowed: Operator['attributes']): void {
  for (const [name, value] of node.attributes) {
    const values = Object.hasOwn(allowed, name) ? allowed[name] : undefined;
    if (values === undefined) refuse(node, `attribute ${name} is not on the allow-list`);
    if (values === 'list') continue;
    if (typeof value !== 'number' || !values.includes(value))
      refuse(node, `attribute ${name} must be ${values.join(' or ')}`);
  }
}

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
  const { length } = operands;
  if (length < operator.operands || (length > operator.operands && !operator.more)) {
    refuse(node, `must have ${operator.operands} operands`);
  }
  checkAttributes(node, operator.attributes);
  const result = operator.rule(node, operands);
  if (result.interval !== null) checkExact(node, result.interval);
  const { elementType, interval: bounds, extents: sizes, input } = result;
  return { name: node.outputs[0], elementType, interval: bounds, extents: sizes, constant: null, input: input ?? null };
}

/** Bounds themselves are computed in doubles: beyond 2 ** 53 they would say nothing. */
function checkExact(node: GraphNode, result: Interval): void {
  const reached = interval.significand(result);
  if (reached < 2 ** EXACT_BITS && interval.magnitude(result) < 2 ** 53) return;
  throw new InexactGraphError(
    `node ${node.name} (${node.opType}): its result can reach ${reached} units of 2^${result.grid}, ` +
      `fp32 holds integers below 2^${EXACT_BITS} exactly; use smaller weights, fewer inputs or a smaller bias`,
  );
}
