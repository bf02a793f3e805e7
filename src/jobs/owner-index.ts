import { idAt, type Job, positionOf } from './job.js';
import type { PageRange } from './queue.js';

/** The jobs of each owner in the order of their positions, so that a page is found without a look at the others. */
export class OwnerIndex {
  /** Rising. */
  private readonly positions = new Map<string, string[]>();

  add(job: Job): void {
    const positions = this.positions.get(job.owner) ?? [];
    this.positions.set(job.owner, positions);
    const position = positionOf(job);
    const place = placeOf(positions, position);
    if (positions[place] !== position) positions.splice(place, 0, position);
  }

  /** It does not matter whether it is there. */
  remove(job: Job): void {
    const positions = this.positions.get(job.owner) ?? [];
    const position = positionOf(job);
    const place = placeOf(positions, position);
    if (positions[place] === position) positions.splice(place, 1);
    if (positions.length === 0) this.positions.delete(job.owner);
  }

  /** @returns the ids of a page, the newest first, and the position of its last where there are more. */
  page(owner: string, { limit, after }: PageRange): { readonly ids: string[]; readonly next: string | undefined } {
    const positions = this.positions.get(owner) ?? [];
    const end = after === undefined ? positions.length : placeOf(positions, after);
    const start = Math.max(0, end - limit);
    return {
      ids: positions.slice(start, end).reverse().map(idAt),
      next: start > 0 ? positions[start] : undefined,
    };
  }
}

/** Index of the first that is not below `position`. */
function placeOf(positions: readonly string[], position: string): number {
  let low = 0;
  let high = positions.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((positions[middle] ?? '') < position) low = middle + 1;
    else high = middle;
  }
  return low;
}
