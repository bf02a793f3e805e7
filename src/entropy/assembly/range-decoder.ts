/** `../range-decoder.ts` for WebAssembly programs: derivation in `../range-coder.md`. */

/** The program goes on where the decoder of JavaScript stands, and leaves here where it has come to: code, range. */
export const decoderState = memory.data(8, 16);
let begun: usize;
let at: usize;
let end: usize;
let code: u32;
let range: u32;

/** @param input the next bytes of the string; past them come zeros. */
export function beginDecoding(input: usize, length: i32): void {
  begun = input;
  at = input;
  end = input + length;
  code = load<u32>(decoderState);
  range = load<u32>(decoderState, 4);
}

/** @returns bytes that were taken, those past the end included. */
export function endDecoding(): i32 {
  store<u32>(decoderState, code, 0);
  store<u32>(decoderState, range, 4);
  return <i32>(at - begun);
}

/** The point of [0, 65536) that lies in the coded symbol's interval. */
export function target(): u32 {
  return min(code / (range >>> 16), 65535);
}

/** Whether that point lies below `bound`, 1..65535: found without a division. */
export function isBelow(bound: u32): bool {
  return code < (range >>> 16) * bound;
}

/** Consumes the symbol whose interval [start, start + size) holds the target. */
export function advance(start: u32, size: u32): void {
  const unit = range >>> 16;
  const offset = unit * start;
  let nextCode = code - offset;
  let nextRange = start + size == 65536 ? range - offset : unit * size;
  while (nextRange < 0x1000000) {
    let byte: u32 = 0;
    if (at < end) byte = load<u8>(at);
    at++;
    nextCode = (nextCode << 8) | byte;
    nextRange <<= 8;
  }
  code = nextCode;
  range = nextRange;
}
