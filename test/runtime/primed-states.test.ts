import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Primed } from '../../src/ardm/kind.js';
import { type ConditionEvent, PrimedStates } from '../../src/runtime/primed-states.js';

class State implements Primed {
  released = 0;

  constructor(public memory: number) {}

  domain(): never {
    throw new Error('nobody codes here');
  }

  release(): void {
    this.released++;
    this.memory = 0;
  }
}

function states(most: number): { states: PrimedStates; events: ConditionEvent[] } {
  const events: ConditionEvent[] = [];
  return { states: new PrimedStates(most, (event) => events.push(event)), events };
}

describe('conditions of a worker', () => {
  it('are learned once, however many ask at the same time', async () => {
    const { states: all, events } = states(1_000);
    let learned = 0;
    const learn = async (): Promise<Primed> => {
      learned++;
      return new State(10);
    };
    const found = await Promise.all(Array.from({ length: 5 }, () => all.take('a', learn)));
    assert.equal(learned, 1);
    assert.ok(found.every((state) => state === found[0]));
    assert.deepEqual(events, ['primed', 'hit', 'hit', 'hit', 'hit']);
  });

  it('make room for those used last, and the last one always has a place', async () => {
    const { states: all, events } = states(25);
    const made = new Map<string, State>();
    const take = (key: string, memory = 10): Promise<Primed> =>
      all.take(key, async () => {
        const state = new State(memory);
        made.set(key, state);
        return state;
      });
    await take('a');
    await take('b');
    await take('a');
    await take('c');
    assert.deepEqual(
      [...made].map(([key, { released }]) => [key, released]),
      [
        ['a', 0],
        ['b', 1],
        ['c', 0],
      ],
    );
    await take('large', 1_000);
    assert.deepEqual([made.get('a')?.released, made.get('c')?.released, made.get('large')?.released], [1, 1, 0]);
    assert.equal(all.memory, 1_000);
    await take('b');
    assert.equal(all.memory, 10);
    assert.equal(events.filter((event) => event === 'evicted').length, 4);
  });

  it('count what they come to hold later', async () => {
    const { states: all } = states(100);
    const grown = new State(10);
    await all.take('a', async () => grown);
    await all.take('b', async () => new State(10));
    grown.memory = 1_000;
    all.evict();
    assert.equal(grown.released, 1);
    assert.equal(all.memory, 10);
  });

  it('are tried again where learning failed', async () => {
    const { states: all } = states(100);
    await assert.rejects(
      all.take('a', () => Promise.reject(new Error('no'))),
      /no/,
    );
    const state = new State(1);
    assert.equal(await all.take('a', async () => state), state);
  });

  it('stay within their bytes for any sequence, but for the last one, and release each once', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 12 }), { maxLength: 80 }), async (keys) => {
        const { states: all } = states(50);
        const made: State[] = [];
        for (const key of keys) {
          await all.take(String(key), async () => {
            const state = new State(5 + 3 * key);
            made.push(state);
            return state;
          });
          assert.ok(all.memory <= 50);
        }
        assert.ok(made.every(({ released }) => released <= 1));
      }),
    );
  });
});
