import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { InputShape, Rows } from '../../src/ardm/network.js';
import { ElementType } from '../../src/onnx/read.js';
import { type NewConstant, type NewNode, writeOnnx } from '../../src/onnx/write.js';
import { knownAnswerInputs } from '../../src/runtime/known-answer.js';
import { WIDTH } from './bits-domain.js';

/** What a pixel adds to the chance of black, in 1/256: nearest left first, then above and below. */
const LEFT_WEIGHTS = [44, 10, 6];
const SIDE_WEIGHTS = [30, 30];
const BIAS = 40;
const LOWEST = 4;
const HIGHEST = 252;

const NEAR = { name: 'near', type: 'uint8', shape: [3], lowest: 0, highest: 2 } as const;
const SIDES = { name: 'sides', type: 'float32', shape: [2, 1], lowest: 0, highest: 2 } as const;
const OUTPUT = { name: 'black', shape: [1], lowest: LOWEST, highest: HIGHEST } as const;

type Declared = typeof NEAR | typeof SIDES;

/** What a graph is to make of a row: parts of 256 for black. */
function blackOf(row: readonly number[], weights: readonly number[]): number {
  const sum = row.reduce((total, value, i) => total + value * (weights[i] as number), BIAS);
  return Math.min(HIGHEST, Math.max(LOWEST, sum));
}

/** The graph over these inputs, in ONNX: bytes are cast, sides reshaped, all of it multiplied and clipped. */
function graph(inputs: readonly Declared[], weights: readonly number[]): Uint8Array {
  const constants: NewConstant[] = [
    { name: 'weights', dims: [weights.length, 1], values: Float32Array.from(weights) },
    { name: 'bias', dims: [1], values: Float32Array.of(BIAS) },
    { name: 'lowest', dims: [], values: Float32Array.of(LOWEST) },
    { name: 'highest', dims: [], values: Float32Array.of(HIGHEST) },
    { name: 'two', dims: [2], values: BigInt64Array.of(0n, 2n) },
  ];
  const nodes: NewNode[] = [
    { opType: 'Cast', inputs: ['near'], output: 'left', attributes: { to: ElementType.float } },
    ...(inputs.length > 1
      ? [
          { opType: 'Reshape', inputs: ['sides', 'two'], output: 'flat' },
          { opType: 'Concat', inputs: ['left', 'flat'], output: 'all', attributes: { axis: 1 } },
        ]
      : []),
    { opType: 'MatMul', inputs: [inputs.length > 1 ? 'all' : 'left', 'weights'], output: 'product' },
    { opType: 'Add', inputs: ['product', 'bias'], output: 'sum' },
    { opType: 'Floor', inputs: ['sum'], output: 'whole' },
    { opType: 'Clip', inputs: ['whole', 'lowest', 'highest'], output: 'black' },
  ];
  const types = { uint8: ElementType.uint8, float32: ElementType.float };
  return writeOnnx({
    nodes,
    constants: inputs.length > 1 ? constants : constants.slice(0, -1),
    inputs: inputs.map(({ name, type, shape }) => ({ name, elementType: types[type], dims: [null, ...shape] })),
    outputs: [{ name: 'black', elementType: ElementType.float, dims: [null, 1] }],
    opsets: [{ domain: '', version: 17 }],
  });
}

/** The digest that the known answer must have, computed here in plain arithmetic. */
function digest(inputs: readonly Declared[], weights: readonly number[], rows: number, seed: number): string {
  const shapes: InputShape[] = inputs.map(({ lowest, highest, ...input }) => ({
    ...input,
    ranges: [{ lowest, highest }],
  }));
  const values = knownAnswerInputs(shapes, rows, seed);
  const bytes = Buffer.alloc(2 * rows);
  for (let r = 0; r < rows; r++) {
    const row = values.flatMap((v: Rows) => [...v.subarray((r * v.length) / rows, ((r + 1) * v.length) / rows)]);
    bytes.writeInt16LE(blackOf(row, weights), 2 * r);
  }
  return createHash('sha256').update(bytes).digest('hex');
}

/** Changes a part of the model before it is written, for what must be refused. */
export interface Change {
  readonly answer?: (digest: string, graph: number) => string;
  readonly declare?: (inputs: readonly Declared[], graph: number) => readonly object[];
}

/** Writes the model `bits` of two graphs into `parent/bits`. */
export async function writeBitsModel(
  parent: string,
  { answer = (d) => d, declare = (d) => d }: Change = {},
): Promise<string> {
  const folder = join(parent, 'bits');
  await mkdir(folder, { recursive: true });
  const parts = [
    { file: 'even.onnx', inputs: [NEAR], weights: LEFT_WEIGHTS },
    { file: 'odd.onnx', inputs: [NEAR, SIDES], weights: [...LEFT_WEIGHTS, ...SIDE_WEIGHTS] },
  ];
  const files: [string, Uint8Array][] = parts.map(({ file, inputs, weights }) => [file, graph(inputs, weights)]);
  files.push(['coding.json', Buffer.from(JSON.stringify({ width: WIDTH }))]);
  const sha256 = (bytes: Uint8Array): Buffer => createHash('sha256').update(bytes).digest();
  for (const [name, bytes] of files) await writeFile(join(folder, name), bytes);
  const manifest = {
    id: 'bits',
    kind: 'bits',
    units: 'pixel',
    identity: sha256(Buffer.concat(files.map(([, bytes]) => sha256(bytes)))).toString('hex'),
    files: Object.fromEntries(files.map(([name, bytes]) => [name, sha256(bytes).toString('hex')])),
    graphs: parts.map(({ file, inputs, weights }, i) => ({
      file,
      inputs: declare(inputs, i),
      output: OUTPUT,
      knownAnswer: { rows: 50, seed: 9 + i, digest: answer(digest(inputs, weights, 50, 9 + i), i) },
    })),
    rate: [],
    presets: { fast: 64, balanced: 64, small: 64 },
    default: 'balanced',
    trainedOn: 'nothing: its weights are said in the tests',
  };
  await writeFile(join(folder, 'manifest.json'), JSON.stringify(manifest));
  return folder;
}
