import type { SparseLayer } from './sparse-layers.js';

/** What programs of layers in whole numbers export (`assembly/sparse-layers.ts`). */
export interface LayerExports {
  readonly memory: WebAssembly.Memory;
  begin(): number;
  give(numbers: number, rows: number, stride: number, width: number, out: number): void;
  layer(
    x: number,
    rows: number,
    inputs: number,
    weights: number,
    bias: number,
    outputs: number,
    shift: number,
    low: number,
    high: number,
    out: number,
    /** Room for lists, where the program makes any. */
    lists?: number,
  ): void;
}

/** Where a layer's constants are. */
interface Places {
  readonly weights: number;
  readonly bias: number;
}

const PAGE = 65_536;

/** Shares the memory of a program out, which grows when all is known. */
export class Room {
  private end: number;

  constructor(private readonly exports: LayerExports) {
    this.end = exports.begin();
  }

  /** @returns where so many bytes will be: at a multiple of 64. */
  take(bytes: number): number {
    const at = 64 * Math.ceil(this.end / 64);
    this.end = at + bytes;
    return at;
  }

  grow(): void {
    const { memory } = this.exports;
    memory.grow(Math.max(0, Math.ceil(this.end / PAGE) - memory.buffer.byteLength / PAGE));
  }
}

/** Layers one behind another in the memory of a program, from rows of int16 to rows of int16. */
export class LayerChain {
  private readonly places: readonly Places[];
  private readonly numbers: readonly [number, number];
  /** @param rows that go through together, at most. */
  constructor(
    private readonly exports: LayerExports,
    private readonly layers: readonly SparseLayer[],
    rows: number,
    room: Room,
  ) {
    this.places = layers.map(({ weights, bias }) => ({
      weights: room.take(weights.byteLength),
      bias: room.take(bias.byteLength),
    }));
    this.numbers = [room.take(2 * rows * this.widest + 64), room.take(2 * rows * this.widest + 64)];
  }

  /** Elements of the longest row. */
  get widest(): number {
    return Math.max(...this.layers.flatMap(({ inputs, outputs }) => [inputs, outputs]));
  }

  /** Where the rows of the first layer's inputs go. */
  get input(): number {
    return this.numbers[0];
  }

  /** Of a row, with what fills it up. */
  get outputs(): number {
    return this.layers.at(-1)?.outputs ?? 0;
  }

  /** Writes the constants, once there is memory for them. */
  fill(): void {
    const { buffer } = this.exports.memory;
    for (const [i, { weights, bias }] of this.layers.entries()) {
      const at = this.places[i] as Places;
      new Int16Array(buffer, at.weights, weights.length).set(weights);
      new Int32Array(buffer, at.bias, bias.length).set(bias);
    }
  }

  /** @param lists what the program makes lists in. @returns where the rows of the last layer are. */
  run(rows: number, lists?: number): number {
    let [from, to] = this.numbers;
    for (const [i, layer] of this.layers.entries()) {
      const { weights, bias } = this.places[i] as Places;
      const { inputs, outputs, shift, low, high } = layer;
      this.exports.layer(from, rows, inputs, weights, bias, outputs, shift, low, high, to, lists);
      [from, to] = [to, from];
    }
    return from;
  }
}
