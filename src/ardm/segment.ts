import { setImmediate } from 'node:timers/promises';
import { RangeDecoder } from '../entropy/range-decoder.js';
import { RangeEncoder } from '../entropy/range-encoder.js';
import type { Block, Domain } from './domain.js';
import { WorkAbandoned } from './errors.js';
import { free } from './free.js';
import type { KindOfModel, Primed, Priming } from './kind.js';
import type { Predictor } from './predictor.js';
import type { Dial } from './schedule.js';

/** What coding a segment takes time for: its tables, context features, and the range coder with its probabilities. */
export type Phase = 'tables' | 'features' | 'coding';

/** A model as the coding loop needs it. */
export interface ArdmModel extends Pick<KindOfModel, 'domain'> {
  /** One for each of its graphs. */
  readonly predictors: readonly Predictor[];
  /** Told, where somebody measures, what time was spent on. */
  readonly spent?: (phase: Phase, milliseconds: number) => void;
  /** Told, where somebody waits, of how many more positions are coded. */
  readonly coded?: (positions: number) => void;
}

/** Anything that can tell, between network calls, that nobody wants the result any more (an AbortSignal does). */
export interface Abandonment {
  readonly aborted: boolean;
}

/**
 * Codes one segment: block after block, call after call, each position under the probabilities that the network gives it from what is known
 * before its call. The encoder knows all positions, so no call of the schedule waits for another: their rows are joined into network calls
 * of as many rows as the predictor likes, and as many of these are under way at once.
 *
 * @throws WorkAbandoned when `signal` says so.
 */
export async function encodeSegment(
  model: ArdmModel,
  data: Uint8Array,
  dial: Dial,
  signal: Abandonment,
): Promise<Uint8Array> {
  const encoder = new RangeEncoder();
  await encodeAll(model, () => model.domain(data, dial), encoder, signal);
  return encoder.finishUncut();
}

/** What each position of a segment takes, and when a decoder knows it. */
export interface Trace {
  /** Bits that the position is coded in, a float: no coded bit depends on it. */
  readonly bits: Float32Array;
  /** The network call, from 0, that makes the position known, of those that decoding the segment takes. */
  readonly calls: Uint32Array;
}

/**
 * Codes a segment as {@link encodeSegment} does, for what its positions take.
 *
 * @throws WorkAbandoned when `signal` says so.
 */
export async function traceSegment(
  model: ArdmModel,
  data: Uint8Array,
  dial: Dial,
  signal: Abandonment,
): Promise<Trace> {
  const encoder = new RangeEncoder();
  const taken: number[] = [];
  let before = 0;
  encoder.onPosition = () => {
    const now = encoder.bits;
    taken.push(Math.max(0, now - before));
    before = now;
  };
  let blocks: Block[] = [];
  const open = (): Domain => {
    const domain = model.domain(data, dial);
    blocks = [...domain.blocks()];
    return domain;
  };
  await encodeAll(model, open, encoder, signal);
  const bits = new Float32Array(taken.length);
  const calls = new Uint32Array(taken.length);
  let coded = 0;
  let call = 0;
  for (const { start, positions, starts, callOf } of blocks) {
    for (let t = 0; t + 1 < starts.length; t++, call++) {
      for (let i = starts[t] as number; i < (starts[t + 1] as number); i++) {
        const position = start + (positions[i] as number);
        bits[position] = taken[coded++] as number;
        calls[position] = callOf ? (callOf[t] as number) : call;
      }
    }
  }
  return { bits, calls };
}

/** Learns a condition, as an encoder learns what it codes. @throws WorkAbandoned when `signal` says so. */
export async function learnCondition(
  model: Omit<ArdmModel, 'domain'>,
  priming: Priming,
  signal: Abandonment,
): Promise<Primed> {
  await encodeAll(model, () => priming.domain, new RangeEncoder(), signal);
  return priming.finish();
}

async function encodeAll(
  model: Omit<ArdmModel, 'domain'>,
  open: () => Domain,
  encoder: RangeEncoder,
  signal: Abandonment,
): Promise<void> {
  await code(model, open, signal, async (domain, { ask }, watch) => {
    const asked: Asked[] = [];
    let uncoded = 0;
    const codeNext = async (): Promise<void> => {
      const { block, from, to, output } = asked.shift() as Asked;
      const known = await output;
      watch.lap();
      domain.encode(block, from, to, known, encoder);
      free(known);
      watch.lap('coding');
      uncoded -= to - from;
      model.coded?.(to - from);
    };
    for (const block of domain.blocks()) {
      const { starts, graphs } = block;
      let first = 0;
      let rows = 0;
      let graph = 0;
      const askUpTo = async (to: number): Promise<void> => {
        watch.lap('features');
        const { callsAtOnce = 1 } = model.predictors[graph] as Predictor;
        const most = domain.looksAhead ? callsAtOnce : 1;
        const output = ask(graph, rows, { ahead: most > 1 });
        // Whoever waits for an earlier one is told of its failure.
        output.catch(() => {});
        asked.push({ block, from: first, to, output });
        uncoded += to - first;
        first = to;
        rows = 0;
        while (asked.length >= most) await codeNext();
      };
      for (let call = 0; call + 1 < starts.length; call++) {
        const from = starts[call] as number;
        const to = starts[call + 1] as number;
        const next = graphs?.[call] ?? 0;
        const { rowsAtOnce } = model.predictors[next] as Predictor;
        const isFull = to - first > domain.mostAtOnce || rows + to - from > rowsAtOnce;
        if (from > first && (next !== graph || isFull)) await askUpTo(from);
        while (asked.length > 0 && uncoded + to - first > domain.mostAtOnce) await codeNext();
        graph = next;
        rows += domain.look(block, from, to, rows);
        domain.reveal(block, from, to);
      }
      await askUpTo(starts.at(-1) as number);
      domain.endBlock(block);
    }
    while (asked.length > 0) await codeNext();
  });
}

/**
 * The inverse of {@link encodeSegment}: one network call per call of the schedule. A damaged payload gives wrong bytes,
 * never an error, and none as soon as it is known to have been cut: the caller compares length and checksum.
 *
 * @param length bytes of the segment. @throws WorkAbandoned when `signal` says so.
 */
export async function decodeSegment(
  model: ArdmModel,
  payload: Uint8Array,
  length: number,
  dial: Dial,
  signal: Abandonment,
): Promise<Uint8Array> {
  const data = new Uint8Array(length);
  const decoder = new RangeDecoder(payload);
  let cut = false;
  const open = (): Domain => model.domain(data, dial);
  await code(model, open, signal, async (domain, { ask, askNow }, watch) => {
    let room: Float32Array | undefined;
    for (const block of domain.blocks()) {
      const { starts, graphs } = block;
      for (let call = 0; call + 1 < starts.length; call++) {
        if (decoder.cut) {
          cut = true;
          return;
        }
        const from = starts[call] as number;
        const to = starts[call + 1] as number;
        const rows = domain.look(block, from, to, 0);
        watch.lap('features');
        const graph = graphs?.[call] ?? 0;
        const now = askNow(graph, rows);
        const output = now ?? (await ask(graph, rows, { room }));
        domain.decode(block, from, to, output, decoder);
        if (!now) {
          // Short ones are left, and used again.
          free(output);
          if (output.length > (room?.length ?? 0)) room = output;
        }
        watch.lap('coding');
        model.coded?.(to - from);
        domain.reveal(block, from, to);
      }
      domain.endBlock(block);
    }
  });
  return cut ? new Uint8Array(0) : data;
}

/** Positions of a block that the network has been asked about. */
interface Asked {
  readonly block: Block;
  readonly from: number;
  readonly to: number;
  readonly output: Promise<Float32Array>;
}

/** Asks a graph about the first rows that the domain has; nothing where no row is needed. */
type Ask = (graph: number, rows: number, how: How) => Promise<Float32Array>;

interface How {
  /** Whether it looks at others before the answer comes. */
  readonly ahead?: boolean;
  /** What the answer may be written over. */
  readonly room?: Float32Array | undefined;
}

/** The same at once; undefined where the other way is quicker, or it is time for others to get a turn, which it gives them. */
type AskNow = (graph: number, rows: number) => Float32Array | undefined;

interface Asking {
  readonly ask: Ask;
  readonly askNow: AskNow;
}

const NOTHING = new Float32Array(0);

/** Milliseconds after which others get a turn, where no network call gives them one. */
const TURN_MS = 5;

async function code(
  { predictors, spent }: Omit<ArdmModel, 'domain'>,
  open: () => Domain,
  signal: Abandonment,
  work: (domain: Domain, network: Asking, watch: Stopwatch) => Promise<void>,
): Promise<void> {
  const watch = new Stopwatch(spent);
  const domain = open();
  watch.lap('tables');
  let turn = performance.now();
  const ask: Ask = async (graph, rows, { ahead, room }) => {
    if (signal.aborted) throw new WorkAbandoned();
    if (rows === 0) {
      // A call would give others their turn.
      if (performance.now() - turn < TURN_MS) return NOTHING;
      await setImmediate();
      turn = performance.now();
      watch.lap();
      return NOTHING;
    }
    const inputs = domain.inputs(rows);
    const kept = ahead ? inputs.map((input) => input.slice()) : inputs;
    const output = await (predictors[graph] as Predictor).predict(kept, rows, room);
    if (ahead) kept.forEach(free);
    turn = performance.now();
    watch.lap();
    return output;
  };
  const askNow: AskNow = (graph, rows) => {
    if (rows === 0 || signal.aborted || performance.now() - turn >= TURN_MS) return undefined;
    const output = (predictors[graph] as Predictor).predictNow?.(domain.inputs(rows), rows);
    if (output) watch.lap();
    return output;
  };
  try {
    await work(domain, { ask, askNow }, watch);
  } finally {
    domain.close();
  }
}

/** Tells what the time since the last lap was spent on. It decides nothing. */
class Stopwatch {
  private started = performance.now();

  constructor(private readonly spent: ArdmModel['spent']) {}

  lap(phase?: Phase): void {
    const before = this.started;
    this.started = performance.now();
    if (phase) this.spent?.(phase, this.started - before);
  }
}
