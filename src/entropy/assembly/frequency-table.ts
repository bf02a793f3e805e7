/** The frequencies of 256 symbols: derivation in `../range-coder.md`, section 6. */

const SYMBOLS: i32 = 256;
const SHARED: u64 = 65280;

/** Weight of a symbol by how far its logit is below the highest one: 2,048 int32. */
export const distanceWeights = memory.data(8192, 16);
/** Where each symbol's interval starts if the most probable one has no length; at 256, where that one starts. */
const starts = memory.data(1028, 16);
const weights = memory.data(1024, 16);
let top: i32;

/** Takes the 256 logits at `logits`: integers stored as floats, -1024..1023. */
export function loadFrequencies(logits: usize): void {
  top = 0;
  let highest = load<f32>(logits);
  for (let symbol: i32 = 1; symbol < SYMBOLS; symbol++) {
    const logit = load<f32>(logits + (<usize>symbol << 2));
    if (logit > highest) {
      highest = logit;
      top = symbol;
    }
  }
  let sum: u32 = 0;
  for (let symbol: usize = 0; symbol < 1024; symbol += 4) {
    const distance = <usize>(<i32>(highest - load<f32>(logits + symbol)) & 2047);
    const weight = load<u32>(distanceWeights + (distance << 2));
    store<u32>(weights + symbol, weight);
    sum += weight;
  }
  const shift = 30 - clz(sum);
  const scale = <u32>((SHARED << shift) / sum);
  let start: u32 = 0;
  for (let symbol: i32 = 0; symbol < SYMBOLS; symbol++) {
    const at = <usize>symbol << 2;
    store<u32>(starts + at, start);
    if (symbol != top) start += 1 + ((load<u32>(weights + at) * scale) >>> shift);
  }
  store<u32>(starts, start, 1024);
}

export function startOf(symbol: i32): u32 {
  return load<u32>(starts + (<usize>(symbol == top ? SYMBOLS : symbol) << 2));
}

export function sizeOf(symbol: i32): u32 {
  if (symbol == top) return 65536 - load<u32>(starts, 1024);
  const at = starts + (<usize>symbol << 2);
  return load<u32>(at, 4) - load<u32>(at);
}

/** The symbol whose interval holds a point of [0, 65536). */
export function symbolAt(target: u32): i32 {
  if (target >= load<u32>(starts, 1024)) return top;
  let symbol: i32 = 0;
  for (let step: i32 = 128; step > 0; step >>= 1) {
    if (load<u32>(starts + (<usize>(symbol + step) << 2)) <= target) symbol += step;
  }
  return symbol;
}
