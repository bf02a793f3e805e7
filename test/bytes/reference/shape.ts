import { CLASS_OF } from './byte-classes.js';
import { mix } from './hash.js';

const MAX_SYMBOLS = 8;
const DIGIT = 256 + 2;
/** Per byte: letters, digits and bytes beyond ASCII are made alike, all others stand for themselves. */
const SYMBOL_OF = Uint16Array.from({ length: 256 }, (_, b) => {
  const kind = CLASS_OF[b] as number;
  return kind === 3 || kind === 5 ? b : 256 + kind;
});

/** The last 8 symbols before `p`, equal neighbours taken as one unless they are digits, within the known run. */
export function shapeOf(bytes: Uint8Array, p: number, run: number): number {
  let h = 0;
  let before = -1;
  let symbols = 0;
  for (let j = 1; j <= run && symbols < MAX_SYMBOLS; j++) {
    const symbol = SYMBOL_OF[bytes[p - j] as number] as number;
    if (symbol !== before || symbol === DIGIT) {
      h = mix(h, symbol);
      symbols++;
    }
    before = symbol;
  }
  return h;
}
