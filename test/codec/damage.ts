import assert from 'node:assert/strict';
import type { Container, Segment } from '../../src/archive/types.js';
import { writeArchive } from '../../src/archive/write.js';
import type { Codec } from '../../src/codec/codec.js';
import { ArdmError } from '../../src/errors.js';
import { takenApart } from '../archive/rewritten.js';

const { signal } = new AbortController();
/** What a damaged archive may be answered with; each in its place is tested elsewhere. */
const CODES = [
  'checksum-mismatch',
  'damaged-header',
  'declared-size-too-large',
  'not-an-archive',
  'trailing-bytes',
  'truncated-archive',
  'unknown-dictionary',
  'unknown-model',
  'unsupported-feature',
  'unsupported-version',
];

/** A file, and its archive. */
export interface Original {
  readonly file: Uint8Array;
  readonly archive: Uint8Array;
}

/** The code of the refusal, or that the file came back. */
export async function outcome(codec: Codec, archive: Uint8Array, file: Uint8Array): Promise<string> {
  try {
    codec.inspect(archive);
    const back = await codec.decompress(archive, { signal });
    assert.equal(Buffer.compare(back, file), 0, `${Buffer.from(archive).toString('hex')} is taken for another file`);
    return 'the file';
  } catch (error) {
    if (!(error instanceof ArdmError)) throw error;
    assert.ok(CODES.includes(error.code), error.code);
    return error.code;
  }
}

/** Bytes as they come, or a field as a writer would say it, under sound checks. */
export function changed(archive: Uint8Array, next: () => number, others: readonly Original[]): Uint8Array {
  if (next() % 4 === 0) return changedBytes(archive, next);
  const { segments, fields } = takenApart(archive);
  const { container } = fields;
  const [first, ...more] = segments as [Segment, ...Segment[]];
  const other = takenApart((others[next() % others.length] as Original).archive);
  const withFirst = (change: Partial<Segment>): Uint8Array => writeArchive([{ ...first, ...change }, ...more], fields);
  const withContainer = (change: Partial<Container>): Uint8Array =>
    writeArchive(segments, { ...fields, ...(container && { container: { ...container, ...change } }) });
  const withFile = (change: Partial<NonNullable<Container['file']>>): Uint8Array =>
    container?.file
      ? withContainer({ file: { ...container.file, ...change } })
      : withContainer({ geometry: swapped() });
  const rest = container?.file?.rest;
  const swapped = (): Uint8Array => Uint8Array.from(container?.geometry ?? []).reverse();
  const made = [
    () => withFirst({ payload: changedBytes(first.payload, next) }),
    () => withFirst({ payload: changedBytes(first.payload, next) }),
    () => withFirst({ crc: next() }),
    () => withFirst({ length: next() % 100 }),
    () => withFirst(other.segments[0] as Segment),
    () => withContainer({ geometry: changedBytes(container?.geometry ?? new Uint8Array(), next).subarray(0, 255) }),
    () => withContainer({ geometry: swapped() }),
    () => withContainer({ number: next() % 5 }),
    () => withContainer({ ...other.fields.container }),
    () => withFile({ length: next() % 200 }),
    () => withFile({ crc: next() }),
    () => withFile(rest ? { rest: { ...rest, payload: changedBytes(rest.payload, next) } } : { length: 1 }),
    () => writeArchive([...segments, ...other.segments], fields),
  ][next() % 13] as () => Uint8Array;
  try {
    return made();
  } catch (error) {
    // There is no such archive: what a stored segment says of its length, for one, is how long it is.
    if (error instanceof RangeError) return changedBytes(archive, next);
    throw error;
  }
}

/** One to three bytes changed, put in or taken out. */
function changedBytes(bytes: Uint8Array, next: () => number): Uint8Array {
  let made = Buffer.from(bytes);
  for (let left = 1 + (next() % 3); left > 0; left--) {
    const at = next() % (made.length + 1);
    const how = next() % 3;
    const put = how === 2 ? [] : [next()];
    made = Buffer.concat([made.subarray(0, at), Uint8Array.from(put), made.subarray(how === 1 ? at : at + 1)]);
  }
  return new Uint8Array(made);
}
