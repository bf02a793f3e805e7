import { type Constant, ElementType, type Graph, type GraphValue } from '../onnx/read.js';
import { GraphContractError } from './errors.js';
import type { Tensor } from './operators.js';

const SYMBOLS = 256;
const LOGITS = { name: 'logits', lowest: -1024, highest: 1023 };
/** Positions of a block: call codes go from 0 (an earlier block) over 1..BLOCK to BLOCK + 1 (padding). */
const BLOCK = 1024;
const CALL_CODES = BLOCK + 2;
/** Content tokens of an attention model: this block and one before it. */
const MAX_CONTENT = 2 * BLOCK;

/** Inputs of an attention model besides the contexts: rows that a table looked up by them must have, at least. */
const TOKEN_INPUTS: ReadonlyMap<string, number> = new Map([
  ['content_bytes', SYMBOLS],
  ['content_positions', MAX_CONTENT],
  ['content_calls', CALL_CODES],
  ['query_positions', MAX_CONTENT],
  ['query_calls', CALL_CODES],
]);

/** What a graph is: `context` sees one position a row, `attention` a block of content and query tokens, `declared` what its manifest says. */
export type ModelKind = 'context' | 'attention' | 'declared';

export interface GraphInterface {
  readonly kind: ModelKind;
  /** Inputs of table indices. */
  readonly contexts: readonly string[];
  /** Context columns of a row. */
  readonly columns: number;
}

/** An input of the graph, and the table that its elements are rows of. */
export interface Lookup {
  readonly input: string;
  readonly table: Constant;
}

export function checkInterface(graph: Graph): GraphInterface {
  const attention = graph.inputs.some(({ name }) => name === 'query_contexts');
  const found = attention ? attentionInputs(graph) : contextInput(graph);
  const output = graph.outputs[0];
  if (graph.outputs.length !== 1 || output.name !== 'logits' || output.elementType !== ElementType.float) {
    throw new GraphContractError('the only output must be `logits`, float');
  }
  const free = attention ? 2 : 1;
  if (!isRows(output, free) || output.dims[free] !== SYMBOLS) {
    throw new GraphContractError(`logits must be [${attention ? 'B, Q' : 'N'}, ${SYMBOLS}]`);
  }
  return found;
}

/** `free` dimensions of any length, then a last one. */
function isRows({ dims }: GraphValue, free: number): boolean {
  return dims.length === free + 1 && dims.slice(0, free).every((dim) => dim === null);
}

function columnsOf(input: GraphValue): number {
  const columns = input.dims.at(-1) ?? null;
  if (columns === null || columns < 1) {
    throw new GraphContractError(`the number of columns of \`${input.name}\` must be fixed`);
  }
  return columns;
}

function contextInput({ inputs }: Graph): GraphInterface {
  const input = inputs[0];
  if (inputs.length !== 1 || input.name !== 'indices' || input.elementType !== ElementType.int32 || !isRows(input, 1)) {
    throw new GraphContractError(
      'the only input must be `indices`, int32 [N, columns], or the inputs those of an attention model (audit.md)',
    );
  }
  return { kind: 'context', contexts: ['indices'], columns: columnsOf(input) };
}

function attentionInputs({ inputs }: Graph): GraphInterface {
  const contexts = ['content_contexts', 'query_contexts'];
  const wanted = [...contexts, ...TOKEN_INPUTS.keys()];
  const named = new Map(inputs.map((input) => [input.name, input]));
  if (inputs.length !== wanted.length || wanted.some((name) => !named.has(name))) {
    throw new GraphContractError(`the inputs of an attention model are ${wanted.join(', ')}`);
  }
  for (const input of inputs) {
    const { name, elementType, dims } = input;
    const fits = contexts.includes(name) ? isRows(input, 2) : dims.length === 2 && dims.every((dim) => dim === null);
    if (elementType === ElementType.int32 && fits) continue;
    throw new GraphContractError(`\`${name}\` must be int32 [B, tokens${contexts.includes(name) ? ', columns' : ''}]`);
  }
  const [content, query] = contexts.map((name) => columnsOf(named.get(name) as GraphValue)) as [number, number];
  if (content !== query) throw new GraphContractError(`${content} columns of contents, ${query} of queries`);
  return { kind: 'attention', contexts, columns: content };
}

/**
 * Every input selects rows, and does nothing else; contexts those of one int8 table.
 *
 * @returns that table.
 */
export function checkLookups({ kind, contexts }: GraphInterface, lookups: readonly Lookup[]): Constant {
  const once = (input: string) => {
    const of = lookups.filter((lookup) => lookup.input === input).map(({ table }) => table);
    if (of.length !== 1)
      throw new GraphContractError(`\`${input}\` must be looked up once, in one table [rows, width]`);
    return of[0] as Constant;
  };
  const tables = new Set(contexts.map(once));
  const table = once(contexts[0] as string);
  if (tables.size !== 1 || table.dims.length !== 2 || table.elementType !== ElementType.int8) {
    throw new GraphContractError('contexts must be looked up once, in one int8 table [rows, width]');
  }
  if (kind === 'context') return table;
  for (const [input, rows] of TOKEN_INPUTS) {
    const of = lookups.filter((lookup) => lookup.input === input);
    if (of.length === 0) throw new GraphContractError(`\`${input}\` is not looked up`);
    for (const { table: named } of of) {
      if ((named.dims[0] as number) >= rows) continue;
      throw new GraphContractError(`\`${input}\` needs ${rows} rows, ${named.name} has ${named.dims[0]}`);
    }
  }
  return table;
}

/** @param expected name and range of the output. */
export function checkOutput(
  output: Tensor | undefined,
  { name, lowest, highest }: { readonly name: string; readonly lowest: number; readonly highest: number } = LOGITS,
): void {
  const interval = output?.interval;
  if (!interval || output?.elementType !== ElementType.float) {
    throw new GraphContractError(`no node computes \`${name}\``);
  }
  if (interval.grid < 0) throw new GraphContractError(`${name} must be whole numbers: end with Floor and Clip`);
  const unit = 2 ** interval.grid;
  if (interval.lo * unit < lowest || interval.hi * unit > highest) {
    throw new GraphContractError(
      `${name} reach ${interval.lo * unit}..${interval.hi * unit}, the last Clip must keep them in ${lowest}..${highest}`,
    );
  }
}
