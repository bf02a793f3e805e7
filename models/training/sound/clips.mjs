// Clips of WAV files, as the program of src/sound takes them: what dump.mjs and fit_mixing.mjs learn from.
import { readFileSync } from 'node:fs';

/** The files that a list names, one a line. */
export function listed(path) {
  return readFileSync(path, 'utf8').trim().split('\n');
}

/** The first samples of a file, at most `most`; undefined where it is not PCM of 8, 16 or 24 bits. */
export function clipOf(path, most) {
  const file = readFileSync(path);
  let format;
  for (let at = 12; at + 8 <= file.length; ) {
    const id = file.toString('latin1', at, at + 4);
    const size = file.readUInt32LE(at + 4);
    if (id === 'fmt ') {
      const [channels, rate, bits] = [file.readUInt16LE(at + 10), file.readUInt32LE(at + 12), file.readUInt16LE(at + 22)];
      format = { channels, rate, bits, encoding: bits === 8 ? 'unsigned' : 'little-endian' };
      if (![8, 16, 24].includes(bits) || channels > 8) return undefined;
    } else if (id === 'data' && format) {
      const frame = (format.channels * format.bits) / 8;
      const frames = Math.min(Math.floor(Math.min(size, file.length - at - 8) / frame), Math.floor(most / format.channels));
      if (frames < 256) return undefined;
      return { ...format, frames, bytes: Uint8Array.from(file.subarray(at + 8, at + 8 + frames * frame)) };
    }
    at += 8 + size + (size & 1);
  }
  return undefined;
}

/** xorshift32: the same order of everything on every run. */
export function randoms(seed) {
  let state = seed;
  return (n) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % n;
  };
}
