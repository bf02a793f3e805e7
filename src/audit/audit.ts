import { UnreadableModelError } from '../onnx/errors.js';
import { type Constant, type GraphValue, parseOnnx } from '../onnx/read.js';
import { checkInterface, checkLookups, checkOutput, type Lookup, type ModelKind } from './contract.js';
import { checkDeclared, type DeclaredGraph } from './declared.js';
import { InexactGraphError } from './errors.js';
import { type Interval, intervalOfFloats, intervalOfIntegers, significand } from './interval.js';
import { applyOperator, EXACT_BITS, type Tensor } from './operators.js';

/** Grids within this range keep every element of fewer than 24 bits a normal fp32 number. */
const GRID_LIMIT = 100;

/** What was proven of one node's result: integers `lo..hi` in units of `2 ** grid`. */
export interface NodeBound extends Interval {
  readonly name: string;
  readonly opType: string;
  /** Bits between the largest magnitude (or significand, see interval.ts) and 2 ** 24. */
  readonly headroom: number;
}

export interface AuditReport {
  readonly kind: ModelKind;
  readonly nodes: readonly NodeBound[];
  /** Of context and attention models: context columns of a row. */
  readonly columns?: number;
  /** Of these: rows of the embedding table, and elements of a row. */
  readonly table?: { readonly rows: number; readonly width: number };
}

/**
 * Proves that every result of the graph is exact in fp32, whatever the order of summation (see audit.md).
 *
 * @param bytes an ONNX file.
 * @param declared what its manifest says of it; without it, it must be a context or an attention model.
 * @throws UnreadableModelError, OperatorNotAllowedError, InexactGraphError, GraphContractError
 */
export function auditModel(bytes: Uint8Array, declared?: DeclaredGraph): AuditReport {
  const graph = parseOnnx(bytes);
  const found = declared ? undefined : checkInterface(graph);
  const ranges = declared ? checkDeclared(graph, declared) : undefined;
  const tensors = new Map<string, Tensor>();
  const define = (tensor: Tensor) => {
    if (tensors.has(tensor.name)) throw new UnreadableModelError(`tensor ${tensor.name} is defined twice`);
    tensors.set(tensor.name, tensor);
  };
  for (const input of graph.inputs) define(inputTensor(input, ranges?.get(input.name) ?? null));
  for (const constant of graph.constants) define(constantTensor(constant));

  const nodes: NodeBound[] = [];
  const lookups: Lookup[] = [];
  for (const node of graph.nodes) {
    const operands = node.inputs.map((name) => {
      const tensor = tensors.get(name);
      if (tensor === undefined) throw new UnreadableModelError(`node ${node.name}: operand "${name}" is not defined`);
      return tensor;
    });
    const result = applyOperator(node, operands);
    define(result);
    const [table, indices] = operands;
    if (node.opType === 'Gather' && indices?.input && table?.constant) {
      lookups.push({ input: indices.input, table: table.constant });
    }
    if (result.interval === null) continue;
    checkGrid(result.name, result.interval);
    const headroom = EXACT_BITS - Math.log2(Math.max(1, significand(result.interval)));
    nodes.push({ name: node.name, opType: node.opType, ...result.interval, headroom });
  }
  checkOutput(tensors.get(declared?.output.name ?? 'logits'), declared?.output);
  if (!found) return { kind: 'declared', nodes };
  const { dims } = checkLookups(found, lookups);
  return {
    kind: found.kind,
    nodes,
    columns: found.columns,
    table: { rows: dims[0] as number, width: dims[1] as number },
  };
}

/** A dimension that the file leaves open may have any length; one without a name or a length is refused by the contract. */
function inputTensor({ name, elementType, dims }: GraphValue, interval: Interval | null): Tensor {
  const extents = dims.map((dim) => dim ?? Number.POSITIVE_INFINITY);
  return { name, elementType, interval, extents, constant: null, input: name };
}

function constantTensor(constant: Constant): Tensor {
  const { name, elementType, values } = constant;
  if (values.length === 0) throw new UnreadableModelError(`constant ${name} is empty`);
  const tensor = { name, elementType, extents: constant.dims, constant, input: null };
  if (values instanceof BigInt64Array) return { ...tensor, interval: null };
  const interval = values instanceof Float32Array ? intervalOfFloats(values) : intervalOfIntegers(values);
  if (interval === null) throw new InexactGraphError(`constant ${name} holds a denormal, an infinity or a NaN`);
  checkGrid(name, interval);
  return { ...tensor, interval };
}

function checkGrid(name: string, { grid }: Interval): void {
  if (Math.abs(grid) <= GRID_LIMIT) return;
  throw new InexactGraphError(`tensor ${name}: units of 2^${grid} are outside 2^-${GRID_LIMIT}..2^${GRID_LIMIT}`);
}
