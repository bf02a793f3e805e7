import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { nearestKnown } from '../../src/page/nearest.js';

describe('pictures as far as they are known', () => {
  it('show for each pixel the nearest one that is known', () => {
    const extent = { width: 4, height: 3, channels: 1 };
    const call = [0, 3, 2, 3, 3, 1, 3, 1, 2, 3, 2, 3];
    assert.deepEqual([...nearestKnown(call, extent, 0)], Array(12).fill(-1));
    assert.deepEqual([...nearestKnown(call, extent, 1)], Array(12).fill(0));
    assert.deepEqual(
      [...nearestKnown(call, extent, 4)],
      Array.from({ length: 12 }, (_, i) => i),
    );
    const two = [...nearestKnown(call, extent, 2)];
    assert.deepEqual([two[0], two[5], two[7], two[3], two[11], two[9]], [0, 5, 7, 7, 7, 5]);
    assert.ok(two.every((from) => (call[from] ?? 9) < 2));
  });
});
