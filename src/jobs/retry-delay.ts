/** Milliseconds. */
export const LONGEST_DELAY = 30_000;

/** Milliseconds before a job is tried again that was tried `attempts` times: 1, 2, 4 and so on to 30 s. */
export function retryDelay(attempts: number): number {
  return Math.min(LONGEST_DELAY, 1_000 * 2 ** Math.max(0, attempts - 1));
}
