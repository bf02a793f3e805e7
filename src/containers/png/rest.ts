import { ByteReader } from '../../archive/byte-reader.js';
import { ByteWriter } from '../../archive/byte-writer.js';
import { DamagedContainerError } from '../errors.js';
import { ofRest } from '../parts.js';
import { type Chunk, isType, MAX_CHUNK } from './chunks.js';
import type { CutRule } from './cuts.js';
import { FILTERS } from './filters.js';
import type { HeaderRule } from './zlib.js';

/** The filters of rows: those of `leastSums`, all the same, or others. */
export type FilterRule = 'least-sums' | { readonly all: number } | { readonly each: Uint8Array };

/** All that a PNG file has besides its geometry and samples. */
export interface Rest {
  readonly filters: FilterRule;
  readonly header: HeaderRule;
  readonly cuts: CutRule;
  /** Between the header chunk and those of the zlib stream. */
  readonly before: readonly Chunk[];
  /** Behind those. */
  readonly after: readonly Chunk[];
  /** Behind all whole chunks. */
  readonly trailing: Uint8Array;
}

/** A rule's number, and what else it says. */
type Field = readonly [number, ...Uint8Array[]];

/** Where the numbers of the rules stand in the first byte. */
const SHIFT = { filters: 0, header: 2, cuts: 4, before: 6, end: 7 } as const;

const IEND: Chunk = { type: Buffer.from('IEND'), data: new Uint8Array() };

/** FORMAT.md, section 14; empty where every rule is the first of its kind. */
export function writeRest({ filters, header, cuts, before, after, trailing }: Rest): Uint8Array {
  const [last, ...others] = after;
  const usualEnd =
    last && others.length === 0 && isType(last, 'IEND') && last.data.length === 0 && trailing.length === 0;
  const fields = {
    header: headerField(header),
    cuts: cutField(cuts),
    before: before.length > 0 ? ([1, ...chunkBytes(before)] as Field) : ([0] as Field),
    end: usualEnd ? ([0] as Field) : ([1, ...chunkBytes(after)] as Field),
    filters: filterField(filters),
  };
  const names = ['header', 'cuts', 'before', 'end', 'filters'] as const;
  const first = names.reduce((sum, name) => sum | (fields[name][0] << SHIFT[name]), 0);
  if (first === 0) return new Uint8Array();
  const said = names.flatMap((name) => fields[name].slice(1) as Uint8Array[]);
  return Buffer.concat([Uint8Array.of(first), ...said, trailing]);
}

/** @param rows of the picture; 0 where the samples have their filters. @throws DamagedContainerError */
export function readRest(rest: Uint8Array, rows: number): Rest {
  return ofRest(() => {
    const reader = new ByteReader(rest, 0);
    const first = rest.length > 0 ? reader.u8() : 0;
    const header = readHeaderRule(reader, (first >>> SHIFT.header) & 3);
    const cuts = readCuts(reader, (first >>> SHIFT.cuts) & 3);
    const before = (first >>> SHIFT.before) & 1 ? readChunks(reader) : [];
    const usualEnd = first >>> SHIFT.end === 0;
    const after = usualEnd ? [IEND] : readChunks(reader);
    const filters = readFilters(reader, (first >>> SHIFT.filters) & 3, rows);
    const trailing = reader.take(reader.remaining);
    if (usualEnd && trailing.length > 0) throw new DamagedContainerError('its rest goes on');
    return { filters, header, cuts, before, after, trailing };
  });
}

function filterField(rule: FilterRule): Field {
  if (rule === 'least-sums') return [0];
  return 'all' in rule ? [1, Uint8Array.of(rule.all)] : [2, rule.each];
}

function readFilters(reader: ByteReader, code: number, rows: number): FilterRule {
  if (code === 0) return 'least-sums';
  const each = reader.take(code === 1 ? 1 : rows);
  if (code > 2 || each.some((filter) => filter >= FILTERS)) throw new DamagedContainerError('it has no such filters');
  return code === 1 ? { all: each[0] as number } : { each };
}

function headerField(rule: HeaderRule): Field {
  if (typeof rule === 'object') return [2, rule.bytes];
  return rule === 'shrunk' ? [0] : [1];
}

function readHeaderRule(reader: ByteReader, code: number): HeaderRule {
  if (code > 2) throw new DamagedContainerError('its zlib stream has no such header');
  return code === 0 ? 'shrunk' : code === 1 ? 'of-window' : { bytes: reader.take(2) };
}

function cutField(rule: CutRule): Field {
  if (rule === 'uncut') return [0];
  const numbers = 'every' in rule ? [rule.every] : [rule.lengths.length, ...rule.lengths];
  return ['every' in rule ? 1 : 2, varints(numbers)];
}

function readCuts(reader: ByteReader, code: number): CutRule {
  if (code === 0) return 'uncut';
  if (code === 1) return { every: reader.varint() };
  const count = reader.varint();
  // One byte each, at least.
  if (code > 2 || count > reader.remaining) throw new DamagedContainerError('it has no such cuts');
  return { lengths: Array.from({ length: count }, () => reader.varint()) };
}

function chunkBytes(chunks: readonly Chunk[]): Uint8Array[] {
  return [varints([chunks.length]), ...chunks.flatMap(({ type, data }) => [type, varints([data.length]), data])];
}

function readChunks(reader: ByteReader): Chunk[] {
  const count = reader.varint();
  // Five bytes each, at least.
  if (5 * count > reader.remaining) throw new DamagedContainerError('it has fewer chunks');
  return Array.from({ length: count }, () => {
    const type = reader.take(4);
    const length = reader.varint();
    if (length > MAX_CHUNK) throw new DamagedContainerError('a chunk is too long');
    return { type, data: reader.take(length) };
  });
}

function varints(numbers: readonly number[]): Uint8Array {
  const writer = new ByteWriter();
  for (const number of numbers) writer.varint(number);
  return writer.toBytes();
}
