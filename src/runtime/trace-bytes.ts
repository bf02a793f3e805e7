import type { Trace } from '../ardm/segment.js';

/** A trace as a worker sends it: float32 bits of all positions, then uint32 calls. */
export function traceToBytes({ bits, calls }: Trace): Uint8Array {
  const bytes = new Uint8Array(bits.byteLength + calls.byteLength);
  bytes.set(new Uint8Array(bits.buffer, bits.byteOffset, bits.byteLength));
  bytes.set(new Uint8Array(calls.buffer, calls.byteOffset, calls.byteLength), bits.byteLength);
  return bytes;
}

/** The inverse. @param bytes alone in their buffer. */
export function traceFromBytes({ buffer, byteLength }: Uint8Array): Trace {
  const positions = byteLength / 8;
  return {
    bits: new Float32Array(buffer, 0, positions),
    calls: new Uint32Array(buffer, 4 * positions, positions),
  };
}
