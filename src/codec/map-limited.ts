import { throwIfAbandoned } from './abandon.js';
import { Turns } from './turns.js';

/**
 * All of `items` through `work`, in order, at most `limit` at once. A failure, or the signal's abort, starts no more.
 *
 * As many loops as may run at once take one item after the other: an archive may have 65,536 segments, and a promise
 * and a listener for each would take seconds. Segments that are done at once would hold up the event loop together.
 */
export async function mapLimited<Item, T>(
  limit: number,
  signal: AbortSignal,
  items: readonly Item[],
  work: (item: Item, index: number) => Promise<T>,
): Promise<T[]> {
  const results = new Array<T>(items.length);
  const rest = items.entries();
  let failed = false;
  const turns = new Turns();
  const loop = async (): Promise<void> => {
    try {
      for (const [index, item] of rest) {
        if (failed) return;
        throwIfAbandoned(signal);
        results[index] = await work(item, index);
        await turns.give();
      }
    } catch (error) {
      failed = true;
      throw error;
    }
  };
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, loop));
  return results;
}
