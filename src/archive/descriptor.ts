import type { ByteReader } from './byte-reader.js';
import type { ByteWriter } from './byte-writer.js';
import { dialOfShortCode, EXPLICIT, MAX_CALLS, shortCode } from './dial-code.js';
import { DamagedHeaderError, UnsupportedFeatureError } from './errors.js';
import { DIAL_MASK, Kind, MODEL_LENGTH } from './layout.js';
import type { Coding, Dial, Method, Schedule } from './types.js';

/** By number; FORMAT.md, section 3. */
const SCHEDULES: readonly Schedule[] = ['interleaved', 'random', 'lattice', 'consecutive'];

/** By number of the kind; the fourth kind is no method. */
const METHODS: readonly Method[] = ['stored', 'brotli', 'ardm'];

/** The fields of a descriptor as they stand in the archive, not judged: nothing of them may be believed before the checks. */
export interface RawDescriptor {
  readonly kind: number;
  readonly dialBits: number;
  readonly explicit?: { readonly schedule: number; readonly calls: number };
  readonly model?: Uint8Array;
  readonly length: number;
  readonly codedLength?: number;
}

/**
 * Reads the fields of a descriptor, all but its crc.
 *
 * @param first its first byte; the others begin at the reader's position.
 * @param withCodedLength whether the payload is not simply all the rest of the archive.
 * @throws TruncatedArchiveError, DamagedHeaderError if a field is not there or not a number.
 */
export function readDescriptor(reader: ByteReader, first: number, withCodedLength: boolean): RawDescriptor {
  const kind = first >>> 6;
  const dialBits = first & DIAL_MASK;
  const isArdm = kind === Kind.ardm;
  return {
    kind,
    dialBits,
    ...(isArdm && dialBits === EXPLICIT && { explicit: { schedule: reader.u8(), calls: reader.varint() } }),
    ...(isArdm && { model: Uint8Array.from(reader.take(MODEL_LENGTH)) }),
    length: reader.varint(),
    ...(withCodedLength && hasCodedLength(kind) && { codedLength: reader.varint() }),
  };
}

/** What a descriptor means, once the header is known to be as it was written. */
export function interpretDescriptor(raw: RawDescriptor): Coding {
  const { length, model } = raw;
  const method = METHODS[raw.kind];
  if (method === undefined) throw new UnsupportedFeatureError('segments within a segment');
  if (method === 'ardm') return { method, length, dial: interpretDial(raw), ...(model && { model }) };
  if (raw.dialBits !== 0) throw new UnsupportedFeatureError(`flags ${raw.dialBits} of a ${method} segment`);
  return { method, length };
}

/**
 * Writes what `readDescriptor` reads, its first byte included.
 *
 * @throws RangeError if a number has no place in the format, or a dial or model is missing where it is needed.
 */
export function writeDescriptor(
  writer: ByteWriter,
  coding: Coding & { readonly payload: Uint8Array },
  withCodedLength: boolean,
): void {
  const kind = METHODS.indexOf(coding.method);
  if (kind === Kind.ardm) {
    writeDial(writer, coding);
  } else {
    writer.u8(kind << 6);
  }
  writer.varint(coding.length);
  if (withCodedLength && hasCodedLength(kind)) writer.varint(coding.payload.length);
}

/** A stored payload is as long as its original. */
function hasCodedLength(kind: number): boolean {
  return kind === Kind.brotli || kind === Kind.ardm;
}

function interpretDial({ dialBits, explicit }: RawDescriptor): Dial {
  const short = dialOfShortCode(dialBits);
  if (short !== undefined) return short;
  const schedule = explicit && SCHEDULES[explicit.schedule];
  if (schedule === undefined) throw new UnsupportedFeatureError(`schedule ${explicit?.schedule}`);
  const { calls } = explicit as { calls: number };
  if (calls < 1 || calls > MAX_CALLS) throw new UnsupportedFeatureError(`${calls} calls per block`);
  const dial: Dial = { schedule, calls };
  if (shortCode(dial) !== undefined) throw new DamagedHeaderError('its dial is not written in the short form');
  return dial;
}

function writeDial(writer: ByteWriter, { dial, model }: Coding): void {
  if (!dial || !model || model.length < MODEL_LENGTH) throw new RangeError('an ardm segment needs a dial and a model');
  const { schedule, calls } = dial;
  if (!Number.isInteger(calls) || calls < 1 || calls > MAX_CALLS) throw new RangeError(`${calls} calls per block`);
  const code = shortCode(dial);
  writer.u8((Kind.ardm << 6) | (code ?? EXPLICIT));
  if (code === undefined) {
    writer.u8(SCHEDULES.indexOf(schedule));
    writer.varint(calls);
  }
  writer.append(model.subarray(0, MODEL_LENGTH));
}
