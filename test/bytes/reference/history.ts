import { SLOT } from '../../../src/bytes/contexts.js';
import { HistoryTable } from './history-table.js';

/** Orders for which the segment's own statistics are kept, and the slots of their contexts. */
const ORDERS: readonly number[] = [1, 2, 3, 4, 6];
const SLOTS: readonly number[] = [
  SLOT['history-1'],
  SLOT['history-2'],
  SLOT['history-3'],
  SLOT['history-4'],
  SLOT['history-6'],
];

/** What followed the last 1, 2, 3, 4 and 6 bytes so far in this segment. */
export class History {
  private readonly tables: readonly HistoryTable[];
  /** The table of an order, for those that have one. */
  private readonly tableOf: readonly (HistoryTable | undefined)[];

  constructor(bits: number) {
    this.tables = ORDERS.map((order) => new HistoryTable(bits, 600 + order));
    this.tableOf = Array.from({ length: 7 }, (_, order) => this.tables[ORDERS.indexOf(order)]);
  }

  /** Writes one hash per order into its slot; 0 where the context is not known or is new. */
  look(chain: Uint32Array, run: number, slots: Uint32Array): void {
    for (let k = 0; k < ORDERS.length; k++) {
      const order = ORDERS[k] as number;
      const slot = SLOTS[k] as number;
      slots[slot] = run >= order ? (this.tables[k] as HistoryTable).find(chain[order] as number) : 0;
    }
  }

  /** How often `byte` has followed the last six bytes, if nothing else ever has; else 0. */
  habit(chain: Uint32Array, run: number, byte: number): number {
    return run >= 6 ? (this.tableOf[6] as HistoryTable).habit(chain[6] as number, byte) : 0;
  }

  /** Enters `byte` as the successor of the context of `order` bytes (1..6) whose chained hash is `hash`. */
  enter(order: number, hash: number, byte: number): void {
    this.tableOf[order]?.enter(hash, byte);
  }
}
