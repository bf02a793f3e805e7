import { setMaxListeners } from 'node:events';
import { WorkAbandoned } from '../ardm/errors.js';
import { ArdmError } from '../errors.js';

/** Why a scope is over whose work is. To make a reason each time, with its trace, took a fortieth of the main thread's time under small requests. */
const OVER = new WorkAbandoned();

/** The error for work that an aborted signal stopped: the reason given to `abort()` where it is one of ours. */
export function abandoned(signal: AbortSignal): ArdmError {
  return signal.reason instanceof ArdmError ? signal.reason : new WorkAbandoned();
}

/** @throws the error of `abandoned` if the signal has aborted. */
export function throwIfAbandoned(signal: AbortSignal): void {
  if (signal.aborted) throw abandoned(signal);
}

/**
 * Runs work under a signal of its own, which aborts with the caller's and when the work is over: so the failure of one
 * segment stops the others, and the pool sees one signal per request.
 */
export async function inScope<T>(signal: AbortSignal, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  throwIfAbandoned(signal);
  const scope = new AbortController();
  // One listener for each segment that is being coded.
  setMaxListeners(0, scope.signal);
  const forward = (): void => scope.abort(signal.reason);
  signal.addEventListener('abort', forward, { once: true });
  try {
    return await work(scope.signal);
  } finally {
    signal.removeEventListener('abort', forward);
    scope.abort(OVER);
  }
}
