/**
 * A queue that serves its keys in turn: each `take` gives the oldest item of the key that has waited longest for a
 * turn. So one item of a newcomer waits for at most one item of everybody else, however many they have queued.
 */
export class FairQueue<Key, Item> {
  /** Keys in the order of their turns; no empty lists. */
  private readonly waiting = new Map<Key, Item[]>();

  push(key: Key, item: Item): void {
    const items = this.waiting.get(key);
    if (items) items.push(item);
    else this.waiting.set(key, [item]);
  }

  /** Puts an item before the others of its key, as when it has to be done again. */
  putBack(key: Key, item: Item): void {
    this.waiting.set(key, [item, ...(this.waiting.get(key) ?? [])]);
  }

  /** @param eligible keys for which it is false keep their place and get nothing. */
  take(eligible: (key: Key) => boolean = () => true): Item | undefined {
    for (const [key, items] of this.waiting) {
      if (!eligible(key)) continue;
      const item = items.shift();
      this.waiting.delete(key);
      if (items.length > 0) this.waiting.set(key, items);
      return item;
    }
    return undefined;
  }

  /** @returns whether the item was still queued. */
  remove(key: Key, item: Item): boolean {
    const items = this.waiting.get(key);
    const index = items?.indexOf(item) ?? -1;
    if (!items || index < 0) return false;
    items.splice(index, 1);
    if (items.length === 0) this.waiting.delete(key);
    return true;
  }

  /** Empties the queue. */
  drain(): Item[] {
    const items = [...this.waiting.values()].flat();
    this.waiting.clear();
    return items;
  }

  get size(): number {
    let size = 0;
    for (const items of this.waiting.values()) size += items.length;
    return size;
  }
}
