import { isDigit, isLetter } from './byte-classes';
import { mix } from './hash';
import { symbol } from './segment';

/** The token that stood before the last colon or equals sign, and the bytes since the last structural one. */

/** The hash of a value whose beginning is not known. */
const UNKNOWN_START: u32 = 511;
const TOKEN: u32 = 1;
const ENDS_KEY: u32 = 2;
const ENDS_ITEM: u32 = 4;
const STRUCTURAL: u32 = 8;

/** Per byte, what it does to keys and values. */
const roles = memory.data(256, 16);
for (let b: u32 = 0; b < 256; b++) store<u8>(roles + b, <u8>roleOf(b));

/**
 * Per position, as it stood when that position was coded, four uint32: hash of the token it is in (0: none), of the token before, of the key
 * without its lowest bit, which tells that a comma, ampersand or semicolon came after it, and of the bytes from the last structural one on.
 */
export let states: usize;

/** Lays out the states of `capacity` positions from `at` on. @returns where they end. */
export function openKeys(at: usize, capacity: i32): usize {
  states = at;
  return at + (<usize>capacity << 4);
}

/** @returns the context's hash. */
export function lookAtKey(p: i32, run: i32): u32 {
  const here = states + (<usize>p << 4);
  let token: u32 = 0;
  let lastToken: u32 = 0;
  let key: u32 = 0;
  let value = UNKNOWN_START;
  if (run > 0) {
    const byte = symbol(p - 1);
    const role: u32 = load<u8>(roles + byte);
    const before = here - 16;
    token = load<u32>(before);
    lastToken = load<u32>(before, 4);
    key = load<u32>(before, 8);
    if ((role & TOKEN) != 0) {
      token = mix(token, byte);
    } else {
      if (token != 0) lastToken = token;
      token = 0;
      if ((role & ENDS_KEY) != 0) key = lastToken & ~1;
      else if ((role & ENDS_ITEM) != 0) key |= 1;
    }
    value = mix((role & STRUCTURAL) != 0 ? 0 : load<u32>(before, 12), byte);
  }
  store<u32>(here, token);
  store<u32>(here, lastToken, 4);
  store<u32>(here, key, 8);
  store<u32>(here, value, 12);
  return mix(key, value);
}

function roleOf(b: u32): u32 {
  let role: u32 = 0;
  // Underscore, hyphen and dot; colon and equals sign; comma, ampersand and semicolon.
  if (isLetter(b) || isDigit(b) || b == 95 || b == 45 || b == 46) role |= TOKEN;
  if (b == 58 || b == 61) role |= ENDS_KEY;
  if (b == 44 || b == 38 || b == 59) role |= ENDS_ITEM;
  // These, line feed, round, pointed, square and curly brackets.
  if ((role & (ENDS_KEY | ENDS_ITEM)) != 0 || b == 10 || b == 40 || b == 41) role |= STRUCTURAL;
  if (b == 60 || b == 62 || b == 91 || b == 93 || b == 123 || b == 125) role |= STRUCTURAL;
  return role;
}
