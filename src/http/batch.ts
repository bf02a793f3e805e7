import { InvalidBatchError } from './errors.js';

/** Bytes of the length before a record. */
const LENGTH = 4;

/** What came of a record: its bytes, or the code of a problem. */
export type Outcome = { readonly bytes: Uint8Array } | { readonly code: string };

/**
 * The records of a batch: each behind its length, four bytes, least significant first.
 *
 * @throws InvalidBatchError where they do not add up: nothing is coded then.
 */
export function recordsOf(batch: Uint8Array): Uint8Array[] {
  const view = new DataView(batch.buffer, batch.byteOffset, batch.byteLength);
  const records: Uint8Array[] = [];
  for (let at = 0; at < batch.length; ) {
    const end = at + LENGTH <= batch.length ? at + LENGTH + view.getUint32(at, true) : Number.POSITIVE_INFINITY;
    if (end > batch.length) {
      throw new InvalidBatchError(
        `Record ${records.length} of the batch, at byte ${at}, does not end within it. Send each record behind its length, four bytes with the least significant first.`,
      );
    }
    records.push(batch.subarray(at + LENGTH, end));
    at = end;
  }
  return records;
}

/** What is answered for a record: 0 and its bytes, or 1 and the code, behind their length. */
export function written(outcome: Outcome): Uint8Array {
  const bytes = 'bytes' in outcome ? outcome.bytes : Buffer.from(outcome.code);
  const head = new Uint8Array(1 + LENGTH);
  head[0] = 'bytes' in outcome ? 0 : 1;
  new DataView(head.buffer).setUint32(1, bytes.length, true);
  return Buffer.concat([head, bytes]);
}
