import { setImmediate as turn } from 'node:timers/promises';
import { WorkAbandoned } from '../ardm/errors.js';
import { free } from '../ardm/free.js';
import { ARRAY_OF, type InputShape, type Rows, widthOf } from '../ardm/network.js';
import type { Predictor } from '../ardm/predictor.js';
import type { Abandonment } from '../ardm/segment.js';

/** Segments up to this many original bytes are short: done in a fraction of a second, and small in memory. */
export const SHORT_SEGMENT = 16_384;

/** Rows of the largest network call, on any provider. */
export const MOST_ROWS = 1024;

/** Rows that each step gets of a call before others get more. */
const SHARE = 64;

/** How long all long tasks hold back after a call with rows of theirs, in durations of what was theirs of it. */
const PAUSE = 3;

/** A graph of a model, for the rows of whoever asks. */
export interface Network extends Pick<Predictor, 'predict' | 'predictNow'> {
  readonly inputs: readonly Pick<InputShape, 'type' | 'shape'>[];
}

/** One task that makes network calls. */
export interface Task {
  readonly short: boolean;
  readonly signal: Abandonment;
}

/** Rows that a task waits for. */
interface Step {
  readonly task: Task;
  readonly network: Network;
  readonly inputs: readonly Rows[];
  readonly rows: number;
  readonly room: Float32Array | undefined;
  /** Rows that have been computed, and what came out where the step is not computed in one piece. */
  done: number;
  output: Float32Array | undefined;
  readonly resolve: (output: Float32Array) => void;
  readonly reject: (error: unknown) => void;
}

interface Slice {
  readonly step: Step;
  rows: number;
}

/**
 * Joins the pending steps of all tasks of a worker into network calls (DESIGN section 6): rows do not know who shares their call, so no
 * bit depends on it. A call is made one turn of the event loop after the first step is there: by then everybody who can go on has asked.
 * So nobody waits for company that may not come, and those who share a call stay in step from then on.
 *
 * Every task gets `SHARE` rows of a call for the first of its steps, first come, first served, then what is left of `mostRows`; a step that is
 * not through goes to the end of the line. While short tasks run, all long ones together get a fourth of the network's time: a steady stream of short requests
 * slows them, but does not stop them.
 */
export class Scheduler {
  private pending: Step[] = [];
  private short = 0;
  private running = 0;
  private serving = false;
  private pauseEnds = Number.NEGATIVE_INFINITY;

  /**
   * @param mostRows of one call. @param count told of each call: its rows, and its milliseconds.
   * @param now milliseconds of a clock that never goes back. It decides when a call is made, never what is coded.
   */
  constructor(
    private readonly mostRows: number,
    private readonly count: (rows: number, milliseconds: number) => void,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** Runs a task. Until a short one is over, long ones hold back. */
  async run<T>({ short }: Pick<Task, 'short'>, work: () => Promise<T>): Promise<T> {
    this.running++;
    if (short) this.short++;
    try {
      return await work();
    } finally {
      this.running--;
      if (short) this.short--;
    }
  }

  /** The network as a task sees it. Rejects with WorkAbandoned when the task is. */
  predictor(network: Network, task: Task): Predictor {
    return {
      rowsAtOnce: this.mostRows,
      predict: (inputs, rows, room) =>
        new Promise((resolve, reject) => {
          this.pending.push({ task, network, inputs, rows, room, done: 0, output: undefined, resolve, reject });
          if (!this.serving) void this.serve();
        }),
      // Nobody is there to share calls with.
      predictNow: (inputs, rows) =>
        this.running === 1 && !this.serving ? this.predictNow(network, inputs, rows) : undefined,
    };
  }

  private predictNow(network: Network, inputs: readonly Rows[], rows: number): Float32Array | undefined {
    const started = this.now();
    const output = network.predictNow?.(inputs, rows);
    if (output) this.count(rows, this.now() - started);
    return output;
  }

  private async serve(): Promise<void> {
    this.serving = true;
    while (this.pending.length > 0) {
      await turn();
      this.dropAbandoned();
      const slices = this.choose();
      if (slices.length > 0) await this.compute(slices);
    }
    this.serving = false;
  }

  private dropAbandoned(): void {
    const gone = this.pending.filter(({ task }) => task.signal.aborted);
    if (gone.length === 0) return;
    this.pending = this.pending.filter(({ task }) => !task.signal.aborted);
    for (const { reject } of gone) reject(new WorkAbandoned());
  }

  /** Rows of the next call: of one network, that of the step that has waited longest of those that may go on. */
  private choose(): Slice[] {
    const hurried = this.short > 0;
    const held = hurried && this.now() < this.pauseEnds;
    const slices: Slice[] = [];
    const tasks = new Set<Task>();
    let room = this.mostRows;
    let network: Network | undefined;
    for (const step of this.pending) {
      if (room === 0) break;
      if (held && !step.task.short) continue;
      network ??= step.network;
      if (step.network !== network || tasks.has(step.task)) continue;
      tasks.add(step.task);
      const rows = Math.min(step.rows - step.done, SHARE, room);
      slices.push({ step, rows });
      room -= rows;
    }
    for (const slice of slices) {
      if (hurried && !slice.step.task.short) continue;
      const more = Math.min(slice.step.rows - slice.step.done - slice.rows, room);
      slice.rows += more;
      room -= more;
    }
    return slices;
  }

  private async compute(slices: readonly Slice[]): Promise<void> {
    const { network } = (slices[0] as Slice).step;
    const rows = slices.reduce((sum, slice) => sum + slice.rows, 0);
    const chosen = new Set(slices.map(({ step }) => step));
    this.pending = this.pending.filter((step) => !chosen.has(step));
    let started = this.now();
    // ONNX Runtime computes in the turn after the one in which it is asked; this runs just before.
    setImmediate(() => {
      started = this.now();
    });
    let output: Float32Array;
    try {
      const inputs = network.inputs.map((input, i) => joined(slices, rows, i, input));
      output = await network.predict(inputs, rows);
      if (slices.length > 1) inputs.forEach(free);
    } catch (error) {
      for (const { step } of slices) step.reject(error);
      return;
    }
    const ended = this.now();
    this.count(rows, ended - started);
    const ofLong = slices.reduce((sum, slice) => sum + (slice.step.task.short ? 0 : slice.rows), 0);
    if (ofLong > 0) this.pauseEnds = ended + (PAUSE * (ended - started) * ofLong) / rows;
    const [only] = slices;
    if (only && slices.length === 1 && only.rows === only.step.rows) {
      only.step.resolve(output);
      return;
    }
    this.handOut(slices, output, output.length / rows);
    free(output);
  }

  /** @param width elements of a row. */
  private handOut(slices: readonly Slice[], output: Float32Array, width: number): void {
    let at = 0;
    for (const { step, rows } of slices) {
      const part = output.subarray(at * width, (at + rows) * width);
      at += rows;
      step.output ??= roomFor(step, width);
      step.output.set(part, step.done * width);
      step.done += rows;
      if (step.done === step.rows) step.resolve(step.output);
      else this.pending.push(step);
    }
  }
}

function roomFor({ rows, room }: Step, width: number): Float32Array {
  const length = rows * width;
  return room && room.length >= length ? room.subarray(0, length) : new Float32Array(length);
}

/** All rows of input `i`, one after the other. */
function joined(slices: readonly Slice[], rows: number, i: number, input: Network['inputs'][number]): Rows {
  const width = widthOf(input);
  const part = ({ step, rows: count }: Slice): Rows =>
    (step.inputs[i] as Rows).subarray(step.done * width, (step.done + count) * width);
  const [only] = slices;
  if (only && slices.length === 1) return part(only);
  const all = new ARRAY_OF[input.type](rows * width);
  let at = 0;
  for (const slice of slices) {
    all.set(part(slice), at);
    at += slice.rows * width;
  }
  return all;
}
