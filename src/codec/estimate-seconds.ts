import type { SampleSetting } from './sample-setting.js';

/** Bytes, at most, that are decoded to see how long a network call takes. */
const TRIED = 1024;

/** Seconds that one worker takes for so many network calls that make so many bytes known. */
export type NetworkSeconds = (networkCalls: number, bytes: number) => number;

/** What work comes to, and the seconds that it takes. */
export async function timed<T>(work: () => Promise<T>): Promise<{ readonly result: T; readonly seconds: number }> {
  const began = performance.now();
  const result = await work();
  return { result, seconds: (performance.now() - began) / 1_000 };
}

/**
 * How long this server takes to decode: so much for each network call, and so much for each byte. Two tries of up to 1 KiB tell: encoding it,
 * which takes a call in all, and decoding it byte by byte.
 */
export async function networkSeconds(
  input: Uint8Array,
  { coder, model: { id, kind }, dictionary, signal }: SampleSetting,
): Promise<NetworkSeconds> {
  const tried = input.subarray(0, TRIED);
  if (tried.length === 0) return () => 0;
  const dial = kind.dial(TRIED, tried.length);
  const encode = () => coder.encode(id, tried, dial, signal, undefined, dictionary);
  const payload = await encode();
  const encoded = await timed(encode);
  const decode = () => coder.decode(id, payload, tried.length, dial, signal, undefined, dictionary);
  const decoded = await timed(decode);
  const perByte = encoded.seconds / tried.length;
  const perCall = Math.max(0, decoded.seconds - encoded.seconds) / kind.totalCalls(tried.length, dial);
  return (networkCalls, bytes) => networkCalls * perCall + bytes * perByte;
}
