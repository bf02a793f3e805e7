/** Signals that predictors are tested with: whole samples, drawn from a seed where they are drawn. */
import { xorshift32 } from '../entropy/random.js';

/** A sample of a channel at a time; told in the order of the channels, time after time. */
export type Signal = (time: number, channel: number) => number;

/** The least and the most that a signed sample of so many bits can be. */
export const lowest = (bits: number): number => -(2 ** (bits - 1));
export const highest = (bits: number): number => 2 ** (bits - 1) - 1;

export const silence: Signal = () => 0;

/** Full scale, half a period of so many samples. */
export function square(bits: number, half: number): Signal {
  return (time) => (Math.floor(time / half) % 2 === 0 ? highest(bits) : lowest(bits));
}

/** Nothing but one sample of full scale now and then. */
export function impulses(bits: number, apart: number): Signal {
  return (time, channel) => (time % apart === 3 + channel ? lowest(bits) : 0);
}

/** Every sample as likely as every other. */
export function noise(bits: number, seed: number): Signal {
  const next = xorshift32(seed);
  return () => lowest(bits) + (next() >>> (32 - bits));
}

/** Like a voice: two resonances that a train of pulses and noise excite, loud and soft in turn; channels much alike. */
export function voice(bits: number, seed: number): Signal {
  const next = xorshift32(seed);
  const noisy = (): number => next() / 2 ** 32 - 0.5;
  const states = new Map<number, [number, number, number, number]>();
  return (time, channel) => {
    const [a1, a2, b1, b2] = states.get(channel) ?? [0, 0, 0, 0];
    const loudness = time % 3000 < 2200 ? 1 : 0.01;
    const a = loudness * ((time % 113 === 0 ? 1 : 0) + 0.05 * noisy()) + 1.85 * a1 - 0.9 * a2;
    const b = a + 1.2 * b1 - 0.85 * b2;
    states.set(channel, [a, a1, b, b1]);
    const value = Math.round(2 ** (bits - 8) * (b + 0.001 * channel * noisy()));
    return Math.max(lowest(bits), Math.min(highest(bits), value));
  };
}
