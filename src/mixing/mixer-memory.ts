import { readFileSync } from 'node:fs';
import { NEXT, SEEN } from './bit-history.js';
import { MATCH_SETS, type MixingParameters, OTHER_INPUTS } from './parameters.js';
import { LOGS, RATES, SQUASH, STRETCH } from './tables.js';

/** What `assembly/mixer.ts` exports. */
interface Exports {
  configure(layout: number, contexts: number, tableBits: number, mapBits: number, rate: number): void;
  begin(expected: number, kind: number): number;
  learn(bit: number): number;
}

const PAGE = 65_536;
/** Bytes of a slot of bit histories, and of a row of a probability map. */
const SLOT = 16;
const MAP_ROW = 66;
/** Memories that nobody uses are kept for the next segments, up to so many bytes in a thread. */
const MOST_KEPT = 64 * 2 ** 20;

const program = new WebAssembly.Module(readFileSync(new URL('./mixer.wasm', import.meta.url)));

/** Memories of segments that are done. */
const kept: MixerMemory[] = [];

/** A model's parameters as they lie in memory: made once, copied for each segment, which a short one would notice. */
interface Start {
  readonly history: Int32Array;
  readonly historySeen: Uint8Array;
  readonly match: Int32Array;
  readonly matchSeen: Uint8Array;
  readonly byNode: Int32Array;
  readonly byMatch: Int32Array;
  readonly final: Int32Array;
}

const starts = new WeakMap<MixingParameters, Start>();

/** An instance of the mixing program with the memory of one segment. */
export class MixerMemory {
  readonly begin: Exports['begin'];
  readonly learn: Exports['learn'];
  /** The 256 logits of the byte that is begun, and a value for each context. */
  readonly logits: Float32Array;
  readonly values: Uint32Array;
  private readonly layout: Layout;
  private readonly exports: Exports;

  private constructor(
    private readonly contexts: number,
    private readonly tableBits: number,
  ) {
    this.layout = new Layout(contexts, tableBits);
    const memory = new WebAssembly.Memory({ initial: Math.ceil(this.layout.bytes / PAGE) });
    const { configure, begin, learn } = new WebAssembly.Instance(program, { env: { memory } }).exports;
    // The program is our own, built with this file: tests hold its exports to this.
    this.exports = { configure, begin, learn } as unknown as Exports;
    this.begin = this.exports.begin;
    this.learn = this.exports.learn;
    this.layout.bind(memory.buffer);
    this.logits = this.layout.floats('logits');
    this.values = new Uint32Array(memory.buffer, this.layout.at('values'), contexts);
    this.layout.put('squash', SQUASH);
    this.layout.put('logs', LOGS);
    this.layout.put('stretch', STRETCH);
    this.layout.put('rates', RATES);
    this.layout.put('next', NEXT);
    this.layout.put('seen', SEEN);
  }

  /**
   * A memory in which a segment begins.
   *
   * @param tableBits log2 of the slots of a context's histories. @param logitWeights as for FrequencyTable.
   */
  static take(parameters: MixingParameters, logitWeights: readonly number[], tableBits: number): MixerMemory {
    const contexts = parameters.history.length;
    const found = kept.findIndex((memory) => memory.contexts === contexts && memory.tableBits === tableBits);
    const [old] = found >= 0 ? kept.splice(found, 1) : [];
    const memory = old ?? new MixerMemory(contexts, tableBits);
    memory.start(parameters, logitWeights);
    return memory;
  }

  /** To be called once, when the segment is done: it may be given to another one at once. */
  giveBack(): void {
    const bytes = kept.reduce((sum, { layout }) => sum + layout.bytes, this.layout.bytes);
    if (bytes <= MOST_KEPT) kept.push(this);
  }

  private start(parameters: MixingParameters, logitWeights: readonly number[]): void {
    const { layout } = this;
    const start = startOf(parameters);
    layout.put('history', start.history);
    layout.put('historySeen', start.historySeen);
    layout.put('match', start.match);
    layout.put('matchSeen', start.matchSeen);
    layout.put('byNode', start.byNode);
    layout.put('byMatch', start.byMatch);
    layout.put('final', start.final);
    layout.put('distanceWeights', distanceWeightsOf(logitWeights));
    this.exports.configure(0, this.contexts, this.tableBits, mapBitsOf(this.tableBits), parameters.rate);
  }
}

/** Rows of the map under a byte's order-1 context. */
function mapBitsOf(tableBits: number): number {
  return Math.min(16, tableBits);
}

/** Inputs of a mixer, filled up to whole vectors. */
function lanesOf(contexts: number): number {
  return 4 * Math.ceil((contexts + OTHER_INPUTS) / 4);
}

type Put = Int32Array | Uint8Array;

/** Where everything lies in a memory: at the start the addresses, in the order that the program reads them in. */
class Layout {
  readonly bytes: number;
  private readonly places = new Map<string, { at: number; bytes: number }>();
  private buffer = new ArrayBuffer(0);

  constructor(contexts: number, tableBits: number) {
    const lanes = lanesOf(contexts);
    const sizes = {
      squash: 4 * SQUASH.length,
      logs: 4 * LOGS.length,
      stretch: 4 * STRETCH.length,
      rates: 4 * RATES.length,
      next: NEXT.length,
      seen: SEEN.length,
      distanceWeights: 4 * 2048,
      history: 4 * 256 * contexts,
      historySeen: 256 * contexts,
      match: 4 * (MATCH_SETS - 1),
      matchSeen: MATCH_SETS - 1,
      byNode: 4 * 256 * lanes,
      byMatch: 4 * MATCH_SETS * lanes,
      final: 4 * 256 * 2,
      orderZero: MAP_ROW * 256,
      orderOne: MAP_ROW * 2 ** mapBitsOf(tableBits),
      tables: SLOT * 2 ** tableBits * contexts,
      logits: 4 * 256,
      values: 4 * contexts,
      tree: 4 * 512,
      odds: 4 * lanes,
      states: contexts,
      slots: 4 * contexts,
    };
    let at = 4 * Object.keys(sizes).length;
    for (const [name, bytes] of Object.entries(sizes)) {
      // On lines of the cache, as a slot of histories must lie in one.
      at = 64 * Math.ceil(at / 64);
      this.places.set(name, { at, bytes });
      at += bytes;
    }
    this.bytes = at;
  }

  bind(buffer: ArrayBuffer): void {
    this.buffer = buffer;
    const addresses = new Uint32Array(buffer, 0, this.places.size);
    for (const [i, { at }] of [...this.places.values()].entries()) addresses[i] = at;
  }

  at(name: string): number {
    return this.place(name).at;
  }

  floats(name: string): Float32Array {
    const { at, bytes } = this.place(name);
    return new Float32Array(this.buffer, at, bytes / 4);
  }

  /** @throws RangeError if it is not as long as its place. */
  put(name: string, values: Put): void {
    const { at, bytes } = this.place(name);
    if (values.byteLength !== bytes) throw new RangeError(`${name}: ${values.byteLength} bytes in place of ${bytes}`);
    new Uint8Array(this.buffer, at, bytes).set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
  }

  private place(name: string): { at: number; bytes: number } {
    const place = this.places.get(name);
    if (!place) throw new RangeError(`nothing is called ${name}`);
    return place;
  }
}

function startOf(parameters: MixingParameters): Start {
  const known = starts.get(parameters);
  if (known) return known;
  const lanes = lanesOf(parameters.history.length);
  const [byNode = [], byMatch = []] = parameters.weights;
  const filled = (sets: readonly (readonly number[])[]): Int32Array => {
    const all = new Int32Array(sets.length * lanes);
    for (const [i, set] of sets.entries()) all.set(set, i * lanes);
    return all;
  };
  const start = {
    history: Int32Array.from(parameters.history.flat()),
    historySeen: Uint8Array.from(parameters.historySeen.flat()),
    match: Int32Array.from(parameters.match),
    matchSeen: Uint8Array.from(parameters.matchSeen),
    byNode: filled(byNode),
    byMatch: filled(byMatch),
    final: Int32Array.from(parameters.final.flat()),
  };
  starts.set(parameters, start);
  return start;
}

const distanceWeights = new WeakMap<readonly number[], Int32Array>();

function distanceWeightsOf(logitWeights: readonly number[]): Int32Array {
  const known = distanceWeights.get(logitWeights);
  if (known) return known;
  const all = new Int32Array(2048);
  all.set(logitWeights);
  distanceWeights.set(logitWeights, all);
  return all;
}
