import { CLASS_OF, CLASSES } from './byte-classes.js';
import { mix } from './hash.js';

/** Known bytes from which on shares mean something. */
const ENOUGH = 8;

/** What kinds of bytes are known of the segment, and how much of it is. */
export class Statistics {
  private readonly counts = new Uint32Array(CLASSES);
  private total = 0;
  /** Hash of the classes' shares after the last call: 0 before the first one, 1 as long as little is known. */
  document = 0;

  /** Takes in a byte that has become known. */
  count(byte: number): void {
    const kind = CLASS_OF[byte] as number;
    this.counts[kind] = (this.counts[kind] as number) + 1;
    this.total++;
  }

  endCall(): void {
    if (this.total < ENOUGH) {
      this.document = 1;
      return;
    }
    let h = 2;
    for (let kind = 0; kind < CLASSES; kind++) h = mix(h, shareLevel(this.counts[kind] as number, this.total));
    this.document = h;
  }

  /** @param run length of the known run on the left. @param right distance of the nearest known byte on the right. */
  place(run: number, right: number): number {
    return mix(mix(mix(0, runBucket(run)), right), 32 - Math.clz32(this.total));
  }
}

/** 0..32 in 12 classes. */
function runBucket(run: number): number {
  if (run <= 8) return run;
  if (run < 16) return 9;
  return run < 32 ? 10 : 11;
}

/** In whole 32nds: none at all, 0, 1-2, 3-6, 7-14, more. */
function shareLevel(count: number, total: number): number {
  const share = 32 * count;
  if (share < total) return count > 0 ? 1 : 0;
  if (share < 3 * total) return 2;
  if (share < 7 * total) return 3;
  return share < 15 * total ? 4 : 5;
}
