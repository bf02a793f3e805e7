import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { blockOf, callsOf, FIRST, levelsOf, maskOf, PART, sizeClass, stepsOf } from '../../src/pictures/lattice.js';
import { stepsOf as referenceSteps } from './reference.js';

const side = fc.oneof(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 70 }));
const area = fc.record({ width: side, height: side });

describe('lattice', () => {
  it('has every pixel once, in the order of pictures.md', () => {
    fc.assert(
      fc.property(area, ({ width, height }) => {
        const [first, ...steps] = [...stepsOf({ width, height })];
        assert.deepEqual([first?.kind, ...(first?.positions ?? [])], [FIRST, 0]);
        const expected = [...referenceSteps(width, height)].map(({ kind, spacing, positions }) => ({
          kind,
          spacing,
          positions: positions.map(([y, x]) => y * width + x),
        }));
        assert.deepEqual(
          steps.map((step) => ({ ...step, positions: [...step.positions] })),
          expected,
        );
        const all = [0, ...steps.flatMap(({ positions }) => [...positions])];
        assert.equal(all.length, width * height);
        assert.equal(new Set(all).size, width * height);
      }),
    );
  });

  it('takes a call for each step that has positions', () => {
    fc.assert(
      fc.property(area, (picture) => {
        assert.equal(callsOf(picture), [...stepsOf(picture)].length - 1);
        assert.ok(callsOf(picture) <= 2 * levelsOf(picture));
      }),
    );
    for (const [width, height, calls] of [
      [1, 1, 0],
      [32, 32, 10],
      [512, 512, 18],
      [768, 512, 19],
      [32768, 1, 15],
    ] as const) {
      assert.equal(callsOf({ width, height }), calls, `${width}x${height}`);
    }
  });

  it('numbers the calls of its parts from 0, the first pixel among those of the first', () => {
    for (const picture of [
      { width: 1, height: 1 },
      { width: 70, height: 200 },
      { width: 3, height: 1 },
    ]) {
      const { block, steps } = blockOf(picture);
      const calls = [...(block.callOf ?? [])];
      assert.deepEqual([calls.length, calls[0]], [steps.length, 0]);
      assert.equal(new Set(calls).size, Math.max(1, callsOf(picture)));
      assert.equal(calls.at(-1), Math.max(1, callsOf(picture)) - 1);
      assert.ok(calls.every((call, i) => i === 0 || call === calls[i - 1] || call === (calls[i - 1] ?? 0) + 1));
    }
  });

  it('says of a place that it is known exactly where its pixel was coded before', () => {
    fc.assert(
      fc.property(area, ({ width, height }) => {
        const known = new Set<number>();
        for (const { kind, spacing, positions } of stepsOf({ width, height })) {
          const mask = kind === FIRST ? undefined : maskOf(kind);
          for (const position of mask ? positions : []) {
            const [y, x] = [Math.floor(position / width), position % width];
            for (let place = 0, o = 0; place < 49; place++) {
              if (place === 24) continue;
              const isKnown = mask?.[o++] === 1;
              const [qy, qx] = [y + (Math.floor(place / 7) - 3) * spacing, x + ((place % 7) - 3) * spacing];
              if (qy < 0 || qy >= height || qx < 0 || qx >= width) continue;
              assert.equal(isKnown, known.has(qy * width + qx), `${qy} ${qx} from ${y} ${x} at ${spacing}`);
            }
          }
          for (const position of positions) known.add(position);
        }
      }),
      { numRuns: 40 },
    );
  });

  it('is one block, whose calls are parts of a step', () => {
    fc.assert(
      fc.property(fc.record({ width: fc.integer({ min: 1, max: 200 }), height: side }), (picture) => {
        const { block, steps } = blockOf(picture);
        const { starts, graphs, positions } = block;
        assert.equal(starts.at(-1), picture.width * picture.height);
        assert.equal(steps.length, starts.length - 1);
        assert.equal(graphs?.length, steps.length);
        let at = 0;
        for (const step of stepsOf(picture)) {
          for (const position of step.positions) assert.equal(positions[at++], position);
          assert.ok(starts.includes(at));
        }
        for (const [i, { kind }] of steps.entries()) {
          const length = (starts[i + 1] as number) - (starts[i] as number);
          assert.ok(length >= 1 && length <= PART);
          assert.equal(graphs?.[i], kind === FIRST ? 0 : kind);
        }
      }),
      { numRuns: 40 },
    );
  });

  it('tells a size by the levels', () => {
    const classes = [1, 16, 17, 32, 64, 65, 128, 129, 32768].map((width) => sizeClass({ width, height: 1 }));
    assert.deepEqual(classes, [0, 0, 1, 1, 2, 3, 3, 4, 4]);
  });
});
