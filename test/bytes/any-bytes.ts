import fc from 'fast-check';

/** Bytes that the contexts of tables, records and code have something to say about. */
const records = fc
  .array(
    fc.oneof(
      { weight: 4, arbitrary: fc.constantFrom('name', 'Id', '17', '204', 'a_b', 'é', ' ', '  ', '\t', '"') },
      { weight: 4, arbitrary: fc.constantFrom(',', ';', '|', ':', '=', '&', '{', '}', '[', ']', '.', '\n', '\r\n') },
      fc.constantFrom(',name,17,', '"id": ', '\n    "name": "', 'x'.repeat(70)),
    ),
    { minLength: 1, maxLength: 700, size: 'max' },
  )
  .map((parts) => new Uint8Array(Buffer.from(parts.join(''))));

/** One thing again and again, now and then with a mistake: long matches that hold, and miss. */
const repeats = fc
  .tuple(
    fc.uint8Array({ minLength: 1, maxLength: 90 }),
    fc.integer({ min: 1, max: 3000 }),
    fc.integer({ min: 5, max: 400 }),
  )
  .map(([piece, length, every]) =>
    Uint8Array.from(
      { length },
      (_, i) => ((piece[i % piece.length] as number) + (i % every === every - 1 ? 1 : 0)) & 255,
    ),
  );

/** Segments of at most `most` bytes, structured, repeating or neither. */
export function bytesOf(most: number): fc.Arbitrary<Uint8Array> {
  return fc
    .oneof(records, repeats, fc.uint8Array({ maxLength: 2500, size: 'max' }))
    .map((bytes) => bytes.slice(0, most));
}
