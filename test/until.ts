import { setTimeout as sleep } from 'node:timers/promises';

/** Waits for what happens soon, but not when. @param limit milliseconds, more than a busy machine needs. */
export async function until(
  condition: () => boolean | Promise<boolean>,
  message: string,
  limit = 20_000,
): Promise<void> {
  const end = Date.now() + limit;
  while (!(await condition())) {
    if (Date.now() > end) throw new Error(message);
    await sleep(10);
  }
}
