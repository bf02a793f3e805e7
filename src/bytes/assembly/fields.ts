import { LINE_FEED } from './byte-classes';
import { mix } from './hash';
import { FIELD_CONTENT, FIELD_NUMBER, record, symbol } from './segment';

/** Which field of its line a position is in, and what stands in the field before it. */

const MAX_FIELD: u32 = 63;
/** The hash of a field whose beginning is not known. */
const UNKNOWN_START: u32 = 511;

/** @returns the context's hash. */
export function lookAtField(p: i32, run: i32): u32 {
  let number: u32 = 0;
  let content = UNKNOWN_START;
  if (run > 0) {
    const before = record(p - 1);
    const byte = symbol(p - 1);
    if (byte == LINE_FEED) {
      content = 0;
    } else if (byte == 44 || byte == 59 || byte == 9 || byte == 124) {
      // Comma, semicolon, tab and bar end a field.
      number = min(<u32>load<u8>(before, FIELD_NUMBER) + 1, MAX_FIELD);
      content = 0;
    } else {
      number = load<u8>(before, FIELD_NUMBER);
      content = mix(load<u32>(before, FIELD_CONTENT), byte);
    }
  }
  const here = record(p);
  store<u8>(here, <u8>number, FIELD_NUMBER);
  store<u32>(here, content, FIELD_CONTENT);
  return mix(content, number);
}
