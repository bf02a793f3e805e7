const RATE = 8_000;
const FRAMES = 12_000;
/** Frames from one beginning of a tone to the next, and of a tone's period: three strings, plucked one after the other. */
const STEP = 4_000;
const PERIODS: readonly number[] = [36, 30, 24];

/** A WAV file of 16 bits: three strings, by integers (Karplus and Strong, 1983), so that they are the same in every browser. */
export function exampleSound(): Uint8Array<ArrayBuffer> {
  const head = 44;
  const bytes = new Uint8Array(head + 2 * FRAMES);
  const view = new DataView(bytes.buffer);
  const mark = (at: number, text: string): void => bytes.set(new TextEncoder().encode(text), at);
  mark(0, 'RIFF');
  view.setUint32(4, bytes.length - 8, true);
  mark(8, 'WAVEfmt ');
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true);
  view.setUint16(22, 1, true);
  view.setUint32(24, RATE, true);
  view.setUint32(28, 2 * RATE, true);
  view.setUint16(32, 2, true);
  view.setUint16(34, 16, true);
  mark(36, 'data');
  view.setUint32(40, 2 * FRAMES, true);
  const mixed = new Int32Array(FRAMES);
  let state = 1;
  const noise = (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state >>> 16;
  };
  for (const [index, period] of PERIODS.entries()) {
    const string = Int32Array.from({ length: period }, () => (noise() % 16_000) - 8_000);
    for (let i = index * STEP; i < FRAMES; i++) {
      const at = (i - index * STEP) % period;
      const heard = string[at] ?? 0;
      mixed[i] = (mixed[i] ?? 0) + heard;
      string[at] = (heard + (string[(at + 1) % period] ?? 0)) >> 1;
    }
  }
  // A room is never quite silent.
  for (const [i, heard] of mixed.entries()) view.setInt16(head + 2 * i, heard + (noise() % 9) - 4, true);
  return bytes;
}
