/**
 * Archives of version 2 written from FORMAT.md alone, sharing nothing with src/archive: what golden files are made with, and
 * what no writer makes but a reader must refuse.
 */

/** A descriptor and its payload; numbers stand in the archive as they are given. */
export interface Part {
  readonly kind: number;
  readonly dial?: number;
  /** Schedule and calls, where `dial` is 63. */
  readonly explicit?: readonly [number, number];
  /** Two bytes; exactly where the kind is 2. */
  readonly model?: readonly number[];
  readonly length: number;
  readonly payload: readonly number[];
  readonly crc?: number;
}

export interface Plan {
  /** In place of those that the fields say. */
  readonly flags?: number;
  readonly names?: { readonly name: string | readonly number[]; readonly type: string | readonly number[] };
  readonly dictionary?: readonly number[];
  readonly container?: {
    readonly form: number;
    readonly number: number;
    readonly geometry: readonly number[];
    readonly length?: number;
    readonly crc?: number;
    readonly rest?: Part;
  };
  /** Dial bits of the mark of a segmented archive. */
  readonly mark?: number;
  readonly parts: readonly Part[];
}

export function makeArchive({ flags, names, dictionary, container, mark = 0, parts }: Plan): Uint8Array {
  const segmented = parts.length > 1;
  const fields = [
    ...(names ? [...counted(names.name), ...counted(names.type)] : []),
    ...(dictionary ?? []),
    ...(container ? containerBytes(container) : []),
  ];
  const said = (names ? 1 : 0) + (dictionary ? 2 : 0) + (container ? 4 : 0);
  const [first, ...rest] = parts.map((part) => [...descriptor(part, segmented), ...u32(part.crc ?? 0)]);
  const [firstByte = 0, ...others] = first ?? [];
  const body = segmented ? [...varint(parts.length), firstByte, ...others, ...rest.flat()] : others;
  const header = [0xa7, 0xde, 0, segmented ? 0xc0 + mark : firstByte, flags ?? said, ...fields, ...body];
  const crc = segmented || names || container ? u32(crc32(header)) : [];
  const archive = [...header, ...crc, ...(container?.rest?.payload ?? []), ...parts.flatMap(({ payload }) => payload)];
  const check = crc9(archive);
  archive[2] = check % 256;
  archive[4] = (archive[4] as number) + (check > 255 ? 128 : 0);
  return Uint8Array.from(archive);
}

function descriptor(
  { kind, dial = 0, explicit, model = [], length, payload }: Part,
  withCodedLength: boolean,
): number[] {
  const coded = withCodedLength && (kind === 1 || kind === 2) ? varint(payload.length) : [];
  const schedule = explicit ? [explicit[0], ...varint(explicit[1])] : [];
  return [kind * 64 + dial, ...schedule, ...model, ...varint(length), ...coded];
}

function containerBytes({
  form,
  number,
  geometry,
  length = 0,
  crc = 0,
  rest,
}: NonNullable<Plan['container']>): number[] {
  const file = form < 2 ? [...varint(length), ...u32(crc)] : [];
  return [form * 64 + number, ...counted(geometry), ...file, ...(rest ? descriptor(rest, true) : [])];
}

function counted(bytes: string | readonly number[]): number[] {
  const plain = typeof bytes === 'string' ? [...Buffer.from(bytes)] : bytes;
  return [...varint(plain.length), ...plain];
}

/** Section 2. */
export function varint(value: number): number[] {
  const digits = [value % 128];
  for (let rest = Math.floor(value / 128); rest > 0; rest = Math.floor((rest - 1) / 128)) digits.push((rest - 1) % 128);
  return digits.map((digit, index) => (index < digits.length - 1 ? digit + 128 : digit));
}

export function u32(value: number): number[] {
  return [value & 255, (value >>> 8) & 255, (value >>> 16) & 255, value >>> 24];
}

/** CRC-32 of ISO-HDLC by its definition, bit by bit. */
export function crc32(bytes: readonly number[]): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return ~crc >>> 0;
}

/** Section 5: the remainder of the first 20 bytes, as one number. Byte 4 has its bit 7 clear. */
function crc9(archive: readonly number[]): number {
  const data = archive.slice(0, 20).filter((_, offset) => offset !== 2);
  let dividend = BigInt(`0x${Buffer.from(data).toString('hex')}`) << 9n;
  for (let bit = BigInt(data.length * 8); bit-- > 0n; ) {
    if ((dividend >> (bit + 9n)) & 1n) dividend ^= 0b1000011111n << bit;
  }
  return Number(dividend);
}
