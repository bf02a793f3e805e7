import type { MessagePort } from 'node:worker_threads';
import { free } from '../ardm/free.js';
import type { Predictor } from '../ardm/predictor.js';
import type { FromWorker, NetworkCall, ToWorker } from './messages.js';
import type { Usage } from './usage.js';

/** Calls that a worker without work is given before the first has come back, so that it need not wait for the next. */
const GIVEN = 2;

/**
 * Network calls that workers which have nothing else to do compute for this one: a segment is coded by one worker, but an encoder knows all
 * of it, so its calls need not wait for one another. The pool passes them on.
 */
export class OtherWorkers {
  private readonly waiting = new Map<number, (output?: Float32Array) => void>();
  private nextId = 0;

  /** @param idle one number that the pool keeps up to date: workers without work. @param send to the pool. */
  constructor(
    private readonly idle: Int32Array,
    private readonly send: (message: FromWorker) => void,
  ) {}

  /** Calls that may be with them at once. */
  get callsAtOnce(): number {
    return GIVEN * Atomics.load(this.idle, 0);
  }

  /** @returns undefined where they have enough to do, or could not. */
  async compute(call: NetworkCall): Promise<Float32Array | undefined> {
    if (this.waiting.size >= this.callsAtOnce) return undefined;
    const id = this.nextId++;
    return await new Promise((resolve) => {
      this.waiting.set(id, resolve);
      this.send({ type: 'call', id, call });
    });
  }

  /** What came back. */
  answer(id: number, output: Float32Array | undefined): void {
    this.waiting.get(id)?.(output);
    this.waiting.delete(id);
  }
}

/** A predictor whose calls others may compute; it computes itself what they do not. */
export function shared(
  own: Predictor,
  others: OtherWorkers,
  of: Pick<NetworkCall, 'modelId' | 'graph' | 'short'>,
): Predictor {
  return {
    rowsAtOnce: own.rowsAtOnce,
    get callsAtOnce() {
      const { callsAtOnce } = others;
      // One is computed here, and one waits, while the results of others are coded.
      return callsAtOnce > 0 ? callsAtOnce + 2 : 1;
    },
    predict: async (inputs, rows) =>
      (await others.compute({ ...of, inputs, rows })) ?? (await own.predict(inputs, rows)),
  };
}

/**
 * Answers what comes in on `port` about network calls of several workers.
 *
 * @param compute one of another worker. @param takeUsage what has been done since this was last asked for.
 */
export function serveCalls(
  port: MessagePort,
  others: OtherWorkers,
  compute: (call: NetworkCall) => Promise<Float32Array>,
  takeUsage: () => Usage,
): void {
  const run = async (id: number, call: NetworkCall): Promise<void> => {
    // Who asked computes it itself, and tells what is wrong.
    const output = await compute(call).then(transferable, () => undefined);
    call.inputs.forEach(free);
    const message: FromWorker = { type: 'called', id, usage: takeUsage(), ...(output && { output }) };
    port.postMessage(message, output ? [output.buffer] : []);
  };
  port.on('message', (message: ToWorker) => {
    if (message.type === 'call') void run(message.id, message.call);
    else if (message.type === 'called') others.answer(message.id, message.output);
  });
}

/** An array that leaves the thread with its buffer. */
function transferable(array: Float32Array): Float32Array<ArrayBuffer> {
  const { buffer, byteOffset, length } = array;
  return buffer instanceof ArrayBuffer ? new Float32Array(buffer, byteOffset, length) : Float32Array.from(array);
}
