import { classOf } from './byte-classes';
import { mix } from './hash';
import { symbol } from './segment';

const MAX_SYMBOLS: i32 = 8;
const DIGIT: u32 = 256 + 2;

/** Per byte: letters, digits and bytes beyond ASCII are made alike, all others stand for themselves. */
const kinds = memory.data(512, 16);
for (let b: u32 = 0; b < 256; b++) {
  const kind = classOf(b);
  store<u16>(kinds + (b << 1), <u16>(kind == 3 || kind == 5 ? b : 256 + kind));
}

/** The last 8 symbols before `p`, equal neighbours taken as one unless they are digits, within the known run. */
export function shapeOf(p: i32, run: i32): u32 {
  let h: u32 = 0;
  let before: u32 = 0xffff;
  let symbols: i32 = 0;
  for (let j: i32 = 1; j <= run && symbols < MAX_SYMBOLS; j++) {
    const kind: u32 = load<u16>(kinds + (symbol(p - j) << 1));
    if (kind != before || kind == DIGIT) {
      h = mix(h, kind);
      symbols++;
    }
    before = kind;
  }
  return h;
}
