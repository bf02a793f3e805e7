import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { bytes, comparison, percent, seconds, shortBytes } from '../../src/page/format.js';

describe('numbers on the page', () => {
  it('are sizes as exact as they are', () => {
    assert.deepEqual([0, 1, 999, 1_234_567].map(bytes), ['0 bytes', '1 byte', '999 bytes', '1,234,567 bytes']);
    assert.deepEqual([0, 999, 1_000, 1_260, 12_600, 3_400_000].map(shortBytes), [
      '0',
      '999',
      '1k',
      '1.3k',
      '13k',
      '3.4M',
    ]);
  });

  it('are times as people say them', () => {
    assert.deepEqual([0, 0.0001, 0.001, 0.0123, 0.0016, 0.9, 1, 1.44, 45, 240].map(seconds), [
      '< 1 ms',
      '< 1 ms',
      '1 ms',
      '12 ms',
      '1.6 ms',
      '900 ms',
      '1 s',
      '1.4 s',
      '45 s',
      '4 min',
    ]);
  });

  it('are shares and comparisons', () => {
    assert.deepEqual([percent(1, 3), percent(0, 0), percent(5, 100)], ['33 %', '–', '5 %']);
    assert.deepEqual(
      [comparison(69, 100), comparison(104, 100), comparison(1_000, 1_001), comparison(1, 0)],
      ['31 % smaller', '4 % larger', 'as large', 'as large'],
    );
  });
});
