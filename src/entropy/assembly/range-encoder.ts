/** `../range-encoder.ts` for WebAssembly programs: derivation in `../range-coder.md`. */

/** The program goes on where the encoder of JavaScript stands, and leaves here where it has come to: low, range, carried, moved. */
export const encoderState = memory.data(16, 16);
/** Where the bytes go that leave the interval; whoever calls has room for the most that may come. */
let begun: usize;
let end: usize;
let low: u32;
let range: u32;
let carried: u32;
/** Bytes that had been put out when a symbol last moved `low`; -1 if none did. */
let moved: i32;

/** @param output room for two bytes a symbol. */
export function beginEncoding(output: usize): void {
  begun = output;
  end = output;
  low = load<u32>(encoderState);
  range = load<u32>(encoderState, 4);
  carried = 0;
  moved = -1;
}

/** @returns bytes that were put out. */
export function endEncoding(): i32 {
  store<u32>(encoderState, low, 0);
  store<u32>(encoderState, range, 4);
  store<u32>(encoderState, carried, 8);
  store<i32>(encoderState, moved, 12);
  return <i32>(end - begun);
}

/** Codes the symbol that occupies [start, start + size) of 65536. */
export function encode(start: u32, size: u32): void {
  const unit = range >>> 16;
  const offset = unit * start;
  let nextLow = low + offset;
  if (nextLow < offset) carry();
  if (offset != 0) moved = <i32>(end - begun);
  let nextRange = start + size == 65536 ? range - offset : unit * size;
  while (nextRange < 0x1000000) {
    store<u8>(end, <u8>(nextLow >>> 24));
    end++;
    nextLow <<= 8;
    nextRange <<= 8;
  }
  low = nextLow;
  range = nextRange;
}

/** Adds one to the number that the bytes so far spell. At most once in all it runs into the bytes of earlier calls. */
function carry(): void {
  let at = end - 1;
  while (at >= begun && load<u8>(at) == 0xff) {
    store<u8>(at, 0);
    at--;
  }
  if (at >= begun) store<u8>(at, load<u8>(at) + 1);
  else carried = 1;
}
