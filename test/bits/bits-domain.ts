import type { Block, Domain } from '../../src/ardm/domain.js';
import type { Rows } from '../../src/ardm/network.js';
import type { RangeDecoder } from '../../src/entropy/range-decoder.js';
import type { RangeEncoder } from '../../src/entropy/range-encoder.js';
import { TOTAL } from '../../src/entropy/total.js';

/** Pixels of a row of a picture. */
export const WIDTH = 32;
/** A pixel that is not there, as an input. */
const OUTSIDE = 2;
const LEFT = 3;
const EVEN = 0;
const ODD = 1;
/** One chance in so many that a pixel which all known neighbours agree on is another. */
const SURE = 32;

/**
 * Pixels of a black and white picture, a bit each, 32 in a row: what `src/ardm` codes in the tests besides bytes. First all even rows, column
 * by column and from what stands left of them (graph 0), then the odd ones, which also see the row above and the row below (graph 1); pixels
 * whose neighbours are all alike do without the network.
 */
export class BitsDomain implements Domain {
  readonly mostAtOnce: number;
  private readonly rows: number;
  private readonly known: Uint8Array;
  private readonly near: Uint8Array;
  private readonly sides: Float32Array;
  /** Of the pixels looked at and not coded: the row that the network was asked, or -1 - the colour they must have. */
  private readonly rowOf: Int32Array;
  private graph = EVEN;
  private pending = 0;

  /** @param bytes eight pixels each, the left one in the highest bit. */
  constructor(private readonly bytes: Uint8Array) {
    this.rows = Math.ceil((8 * bytes.length) / WIDTH);
    this.mostAtOnce = 4 * Math.max(1, this.rows);
    this.known = new Uint8Array(this.rows * WIDTH).fill(OUTSIDE);
    this.near = new Uint8Array(LEFT * this.mostAtOnce);
    this.sides = new Float32Array(2 * this.mostAtOnce);
    this.rowOf = new Int32Array(this.mostAtOnce);
  }

  *blocks(): Iterable<Block> {
    const pixels = 8 * this.bytes.length;
    const positions: number[] = [];
    const starts = [0];
    const graphs: number[] = [];
    for (const graph of [EVEN, ODD]) {
      for (let x = 0; x < WIDTH; x++) {
        for (let y = graph; y < this.rows; y += 2) if (y * WIDTH + x < pixels) positions.push(y * WIDTH + x);
        if (positions.length === starts.at(-1)) continue;
        starts.push(positions.length);
        graphs.push(graph);
      }
    }
    if (pixels === 0) return;
    yield {
      start: 0,
      positions: Uint32Array.from(positions),
      starts: Uint32Array.from(starts),
      graphs: Uint8Array.from(graphs),
    };
  }

  look({ positions }: Block, from: number, to: number, row: number): number {
    let asked = row;
    for (let i = from; i < to; i++) {
      const p = positions[i] as number;
      const y = Math.floor(p / WIDTH);
      this.graph = y % 2;
      const seen = Array.from({ length: LEFT }, (_, d) => (p % WIDTH > d ? this.pixel(p - d - 1) : OUTSIDE));
      const sides = this.graph === ODD ? [this.pixel(p - WIDTH), this.pixel(p + WIDTH)] : [];
      const [first = OUTSIDE, ...others] = [...seen, ...sides];
      if (first !== OUTSIDE && others.every((other) => other === first)) {
        this.rowOf[this.pending++] = -1 - first;
        continue;
      }
      this.near.set(seen, LEFT * asked);
      this.sides.set(sides, 2 * asked);
      this.rowOf[this.pending++] = asked++;
    }
    return asked - row;
  }

  private pixel(p: number): number {
    return p < 0 ? OUTSIDE : (this.known[p] ?? OUTSIDE);
  }

  inputs(rows: number): readonly Rows[] {
    const near = this.near.subarray(0, LEFT * rows);
    return this.graph === EVEN ? [near] : [near, this.sides.subarray(0, 2 * rows)];
  }

  encode({ positions }: Block, from: number, to: number, output: Float32Array, encoder: RangeEncoder): void {
    for (let i = from; i < to; i++) {
      const black = this.black(i - from, output);
      const p = positions[i] as number;
      if (((this.bytes[p >> 3] as number) >> (7 - (p & 7))) & 1) encoder.encode(0, black);
      else encoder.encode(black, TOTAL - black);
    }
    this.pending = 0;
  }

  decode({ positions }: Block, from: number, to: number, output: Float32Array, decoder: RangeDecoder): void {
    for (let i = from; i < to; i++) {
      const black = this.black(i - from, output);
      const p = positions[i] as number;
      if (decoder.target() < black) {
        decoder.advance(0, black);
        this.bytes[p >> 3] = (this.bytes[p >> 3] as number) | (128 >> (p & 7));
      } else {
        decoder.advance(black, TOTAL - black);
      }
    }
    this.pending = 0;
  }

  /** Parts of TOTAL for black, at the `i`-th pixel of those looked at. */
  private black(i: number, output: Float32Array): number {
    const row = this.rowOf[i] as number;
    if (row >= 0) return ((output[row] as number) * TOTAL) / 256;
    return row === -1 ? TOTAL / SURE : TOTAL - TOTAL / SURE;
  }

  reveal({ positions }: Block, from: number, to: number): void {
    for (let i = from; i < to; i++) {
      const p = positions[i] as number;
      this.known[p] = ((this.bytes[p >> 3] as number) >> (7 - (p & 7))) & 1;
    }
  }

  endBlock(): void {}

  close(): void {}
}
