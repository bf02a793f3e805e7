import { GraphContractError, InexactGraphError, UnreadableModelError } from './errors.js';
import { type Interval, intervalOfFloats, intervalOfIntegers, magnitude } from './interval.js';
import { type Constant, ElementType, type Graph, type GraphValue, parseOnnx } from './onnx.js';
import { applyOperator, EXACT_BITS, type Tensor } from './operators.js';

/** Grids within this range keep every element of fewer than 24 bits a normal fp32 number. */
const GRID_LIMIT = 100;
const SYMBOLS = 256;
const LOGITS = { lowest: -1024, highest: 1023 };

/** What was proven of one node's result: integers `lo..hi` in units of `2 ** grid`. */
export interface NodeBound extends Interval {
  readonly name: string;
  readonly opType: string;
  /** Bits between the largest magnitude and 2 ** 24. */
  readonly headroom: number;
}

export interface AuditReport {
  readonly nodes: readonly NodeBound[];
  /** Columns of the `indices` input. */
  readonly columns: number;
  /** Rows of the embedding table, and elements of a row. */
  readonly table: { readonly rows: number; readonly width: number };
}

/**
 * Proves that every result of the graph is exact in fp32, whatever the order of summation (see audit.md).
 *
 * @param bytes an ONNX file.
 * @throws UnreadableModelError, OperatorNotAllowedError, InexactGraphError, GraphContractError
 */
export function auditModel(bytes: Uint8Array): AuditReport {
  const graph = parseOnnx(bytes);
  const columns = checkInterface(graph);
  const tensors = new Map<string, Tensor>();
  const define = (tensor: Tensor) => {
    if (tensors.has(tensor.name)) throw new UnreadableModelError(`tensor ${tensor.name} is defined twice`);
    tensors.set(tensor.name, tensor);
  };
  for (const input of graph.inputs) define({ ...input, interval: null, constant: null });
  for (const constant of graph.constants) define(constantTensor(constant));

  const nodes: NodeBound[] = [];
  for (const node of graph.nodes) {
    const operands = node.inputs.map((name) => {
      const tensor = tensors.get(name);
      if (tensor === undefined) throw new UnreadableModelError(`node ${node.name}: operand "${name}" is not defined`);
      return tensor;
    });
    const result = applyOperator(node, operands);
    define(result);
    if (result.interval === null) continue;
    checkGrid(result.name, result.interval);
    const headroom = EXACT_BITS - Math.log2(Math.max(1, magnitude(result.interval)));
    nodes.push({ name: node.name, opType: node.opType, ...result.interval, headroom });
  }
  checkLogits(tensors.get('logits'));
  return { nodes, columns, table: lookedUpTable(graph) };
}

function constantTensor(constant: Constant): Tensor {
  const { name, elementType, values } = constant;
  if (values.length === 0) throw new UnreadableModelError(`constant ${name} is empty`);
  if (values instanceof BigInt64Array) return { name, elementType, interval: null, constant };
  const interval = values instanceof Float32Array ? intervalOfFloats(values) : intervalOfIntegers(values);
  if (interval === null) throw new InexactGraphError(`constant ${name} holds a denormal, an infinity or a NaN`);
  checkGrid(name, interval);
  return { name, elementType, interval, constant };
}

function checkGrid(name: string, { grid }: Interval): void {
  if (Math.abs(grid) <= GRID_LIMIT) return;
  throw new InexactGraphError(`tensor ${name}: units of 2^${grid} are outside 2^-${GRID_LIMIT}..2^${GRID_LIMIT}`);
}

/** @returns the number of columns of `indices`. */
function checkInterface({ inputs, outputs }: Graph): number {
  const [input, output] = [inputs[0], outputs[0]];
  const isMatrix = ({ dims }: GraphValue) => dims.length === 2 && dims[0] === null;
  if (inputs.length !== 1 || input.name !== 'indices' || input.elementType !== ElementType.int32 || !isMatrix(input)) {
    throw new GraphContractError('the only input must be `indices`, int32 [N, columns]');
  }
  if (outputs.length !== 1 || output.name !== 'logits' || output.elementType !== ElementType.float) {
    throw new GraphContractError('the only output must be `logits`, float');
  }
  if (!isMatrix(output) || output.dims[1] !== SYMBOLS) throw new GraphContractError(`logits must be [N, ${SYMBOLS}]`);
  const columns = input.dims[1];
  if (columns === null || columns < 1) throw new GraphContractError('the number of columns of `indices` must be fixed');
  return columns;
}

function checkLogits(logits: Tensor | undefined): void {
  const interval = logits?.interval;
  if (!interval) throw new GraphContractError('no node computes `logits`');
  if (interval.grid < 0) throw new GraphContractError('logits must be whole numbers: end with Floor and Clip');
  const unit = 2 ** interval.grid;
  if (interval.lo * unit < LOGITS.lowest || interval.hi * unit > LOGITS.highest) {
    throw new GraphContractError(
      `logits reach ${interval.lo * unit}..${interval.hi * unit}, the last Clip must keep them in ` +
        `${LOGITS.lowest}..${LOGITS.highest}`,
    );
  }
}

function lookedUpTable({ nodes, constants }: Graph): AuditReport['table'] {
  const lookups = nodes.filter((node) => node.opType === 'Gather' && node.inputs[1] === 'indices');
  const table = constants.find((constant) => constant.name === lookups[0]?.inputs[0]);
  if (lookups.length !== 1 || table?.dims.length !== 2) {
    throw new GraphContractError('`indices` must be looked up once, in one table [rows, width]');
  }
  return { rows: table.dims[0], width: table.dims[1] };
}
