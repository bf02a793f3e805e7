import { InferenceSession, Tensor } from 'onnxruntime-node';
import { ElementType } from '../../src/onnx/read.js';
import { type NewGraph, writeOnnx } from '../../src/onnx/write.js';

/** What one core of this machine can do at most, measured through the same ONNX Runtime. */
export interface Machine {
  /** Multiply-adds per nanosecond, fp32 and uint8 by int8. */
  readonly floats: number;
  readonly bytes: number;
  /** Bytes read per nanosecond from memory. */
  readonly memory: number;
  /** Bytes of weights per nanosecond that one row is multiplied with, from a matrix of a megabyte that stays in the cache. */
  readonly weights: number;
  /** Microseconds of a call that computes nothing. */
  readonly emptyCall: number;
}

const SIZE = 1_024;
const opsets = [
  { domain: '', version: 17 },
  { domain: 'com.microsoft', version: 1 },
];

export async function measureMachine(): Promise<Machine> {
  const inputs = [{ name: 'x', elementType: ElementType.float, dims: [null, SIZE] }];
  const outputs = [{ name: 'y', elementType: ElementType.float, dims: [null, SIZE] }];
  const dims = [SIZE, SIZE];
  const floats: NewGraph = {
    nodes: [{ opType: 'MatMul', inputs: ['x', 'w'], output: 'y' }],
    constants: [{ name: 'w', dims, values: new Float32Array(SIZE * SIZE).fill(1) }],
    inputs,
    outputs,
    opsets,
  };
  const bytes: NewGraph = {
    nodes: [{ opType: 'MatMulIntegerToFloat', domain: 'com.microsoft', inputs: ['x', 'w', 'one', 'one'], output: 'y' }],
    constants: [
      { name: 'w', dims, values: new Int8Array(SIZE * SIZE).fill(1) },
      { name: 'one', dims: [], values: Float32Array.of(1) },
    ],
    inputs: [{ name: 'x', elementType: ElementType.uint8, dims: [null, SIZE] }],
    outputs,
    opsets,
  };
  const empty: NewGraph = {
    nodes: [{ opType: 'Identity', inputs: ['x'], output: 'y' }],
    constants: [],
    inputs,
    outputs,
    opsets,
  };
  const work = 512 * SIZE * SIZE;
  const emptyCall = await call(empty, new Tensor('float32', new Float32Array(SIZE), [1, SIZE]), 2_000);
  const oneRow = await call(bytes, new Tensor('uint8', new Uint8Array(SIZE), [1, SIZE]), 2_000);
  return {
    floats: work / (1_000 * (await call(floats, new Tensor('float32', new Float32Array(512 * SIZE), [512, SIZE]), 10))),
    bytes: work / (1_000 * (await call(bytes, new Tensor('uint8', new Uint8Array(512 * SIZE), [512, SIZE]), 10))),
    memory: memoryRate(),
    weights: (SIZE * SIZE) / (1_000 * Math.max(oneRow - emptyCall, 0.1)),
    emptyCall,
  };
}

/** Microseconds of a call: the best of three averages. */
async function call(graph: NewGraph, x: Tensor, repeats: number): Promise<number> {
  const session = await InferenceSession.create(writeOnnx(graph), { intraOpNumThreads: 1, interOpNumThreads: 1 });
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 3; round++) {
    const begun = performance.now();
    for (let i = 0; i < repeats; i++) await session.run({ x }, ['y']);
    best = Math.min(best, (1_000 * (performance.now() - begun)) / repeats);
  }
  await session.release();
  return best;
}

/** A copy reads each byte once (and writes one): the best of five over 256 MB, which no cache holds. */
function memoryRate(): number {
  const from = new Uint8Array(2 ** 28).fill(1);
  const to = new Uint8Array(2 ** 28).fill(2);
  let best = 0;
  for (let i = 0; i < 5; i++) {
    const begun = performance.now();
    to.set(from);
    best = Math.max(best, from.length / (1e6 * (performance.now() - begun)));
  }
  return best;
}
