import type { ByteReader } from './byte-reader.js';
import type { ByteWriter } from './byte-writer.js';
import { interpretDescriptor, type RawDescriptor, readDescriptor, writeDescriptor } from './descriptor.js';
import { DamagedHeaderError } from './errors.js';
import { CONTAINER_MASK, Form, MAX_GEOMETRY_LENGTH } from './layout.js';
import type { Coding, Container } from './types.js';

/** A container's field as it stands in the archive. */
export interface RawContainer {
  readonly number: number;
  readonly geometry: Uint8Array;
  readonly file?: { readonly length: number; readonly crc: number; readonly rest?: RawDescriptor };
}

/** @throws TruncatedArchiveError, DamagedHeaderError */
export function readContainer(reader: ByteReader): RawContainer {
  const first = reader.u8();
  const form = first >>> 6;
  if (form > Form.samples) throw new DamagedHeaderError('its container has a form that there is not');
  const number = first & CONTAINER_MASK;
  const geometry = reader.field(MAX_GEOMETRY_LENGTH);
  if (form === Form.samples) return { number, geometry };
  const file = { length: reader.varint(), crc: reader.u32() };
  if (form === Form.whole) return { number, geometry, file };
  return { number, geometry, file: { ...file, rest: readDescriptor(reader, reader.u8(), true) } };
}

/** How the rest of a container is coded, once the header is known to be as it was written. @throws DamagedHeaderError */
export function interpretRest(rest: RawDescriptor): Coding {
  const coding = interpretDescriptor(rest);
  if (coding.length === 0) throw new DamagedHeaderError('its container has a rest of nothing');
  return coding;
}

/** @throws RangeError if something of it has no place in the format. */
export function writeContainer(writer: ByteWriter, { number, geometry, file }: Container): void {
  if (!Number.isInteger(number) || number < 0 || number > CONTAINER_MASK) throw new RangeError(`container ${number}`);
  if (geometry.length > MAX_GEOMETRY_LENGTH) throw new RangeError(`a geometry of ${geometry.length} bytes`);
  const form = file ? (file.rest ? Form.withRest : Form.whole) : Form.samples;
  writer.u8((form << 6) | number);
  writer.field(geometry);
  if (!file) return;
  writer.varint(file.length);
  writer.u32(file.crc);
  if (!file.rest) return;
  if (file.rest.length === 0) throw new RangeError('a rest of nothing');
  writeDescriptor(writer, file.rest, true);
}
