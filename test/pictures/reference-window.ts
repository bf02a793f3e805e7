/** One of the planes of a picture, and what it is: `models/training/pictures/pictures.md`, section 1. */
export interface Plane {
  readonly kind: 'rgb' | 'grey' | 'alpha';
  readonly width: number;
  readonly height: number;
  /** Red, green, blue of each pixel, row by row. */
  readonly pixels: readonly (readonly number[])[];
}

/** What the network sees at a position, and what its outputs count from. */
export interface Seen {
  /** 221 bytes. */
  readonly row: readonly number[];
  /** Of red, green, blue. */
  readonly base: readonly number[];
  readonly activity: number;
}

/** The planes of interleaved samples, in the order in which they are coded. */
export function planesOf(samples: Uint8Array, width: number, height: number, channels: number): Plane[] {
  const of = (kind: Plane['kind'], from: (at: number) => number[]): Plane => ({
    kind,
    width,
    height,
    pixels: Array.from({ length: width * height }, (_, i) => from(i * channels)),
  });
  const all = (c: number) => (at: number) => Array<number>(3).fill(samples[at + c] as number);
  const colours = (at: number) => [...samples.subarray(at, at + 3)];
  if (channels === 1) return [of('grey', all(0))];
  return channels === 3 ? [of('rgb', colours)] : [of('alpha', all(3)), of('rgb', colours)];
}

const clamp = (x: number, low: number, high: number): number => Math.max(low, Math.min(high, x));
const bits = (n: number): number => (n === 0 ? 0 : Math.floor(Math.log2(n)) + 1);
const total = (numbers: readonly number[]): number => numbers.reduce((sum, n) => sum + n, 0);

interface Place {
  readonly o: number;
  readonly isRing: boolean;
  readonly weight: number;
  readonly value: readonly number[];
}

/**
 * `pictures.md`, sections 3 and 4, in plain TypeScript.
 *
 * @param isKnown whether the pixel of a position, y * width + x, was known before the call. @param size number of the size's column, 0..4.
 */
export function lookAround(
  plane: Plane,
  y: number,
  x: number,
  spacing: number,
  size: number,
  isKnown: (position: number) => boolean,
): Seen {
  const { width, height, pixels } = plane;
  const known: Place[] = [];
  for (let dy = -3, o = 0; dy <= 3; dy++) {
    for (let dx = -3; dx <= 3; dx++) {
      if (dy === 0 && dx === 0) continue;
      const [qy, qx] = [y + dy * spacing, x + dx * spacing];
      if (qy >= 0 && qy < height && qx >= 0 && qx < width && isKnown(qy * width + qx)) {
        const isRing = Math.max(Math.abs(dy), Math.abs(dx)) === 1;
        const weight = !isRing ? 0 : dy === 0 || dx === 0 ? 2 : 1;
        known.push({ o, isRing, weight, value: pixels[qy * width + qx] as readonly number[] });
      }
      o++;
    }
  }
  const weightOf = known.some(({ isRing }) => isRing) ? ({ weight }: Place) => weight : () => 1;
  const W = total(known.map(weightOf));
  const base = [0, 1, 2].map((c) =>
    W === 0
      ? 128
      : Math.floor((2 * total(known.map((place) => weightOf(place) * (place.value[c] as number))) + W) / (2 * W)),
  );
  const rel = (place: Place, c: number): number => (place.value[c] as number) - (base[c] as number);
  const r = ({ isRing }: Place): number => (isRing ? 3 : 1);
  const R = total(known.map(r));
  const spread = [0, 1, 2].map((c) => total(known.map((place) => r(place) * Math.abs(rel(place, c)))));
  const q = R === 0 ? 0 : Math.floor((4 * total(spread)) / R);
  const activity = R === 0 ? 3 : clamp(bits(q) - 1, 3, 11);

  const row = Array<number>(221).fill(128);
  for (const place of known) {
    for (const c of [0, 1, 2]) {
      const scaled = Math.floor((Math.floor((rel(place, c) * 256) / 2 ** activity) + 1) / 2);
      row[48 * c + place.o] = 128 + clamp(scaled, -127, 127);
    }
    row[144 + place.o] = 192;
  }
  for (const c of [0, 1, 2]) {
    row[192 + c] = base[c] as number;
    if (R > 0) row[195 + c] = 128 + Math.min(127, Math.floor((512 * (spread[c] as number)) / (R * 2 ** activity)));
  }
  if (R > 0) row[198] = 128 + Math.min(127, Math.floor((64 * q) / 2 ** activity));
  row[199 + activity - 3] = 192;
  row[208 + Math.min(5, Math.log2(spacing))] = 192;
  row[214 + size] = 192;
  if (plane.kind === 'grey') row[219] = 192;
  if (plane.kind === 'alpha') row[220] = 192;
  return { row, base, activity };
}
