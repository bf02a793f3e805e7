import type { Block } from '../ardm/domain.js';

/** A picture, or a part of one that is coded by itself. */
export interface Area {
  /** 1..32768 each. */
  readonly width: number;
  readonly height: number;
}

/** Kinds of steps, as they are numbered in the program; the first two are the numbers of their graphs, too. */
export const CENTRES = 0;
export const QUINCUNX = 1;
export const FIRST = 2;

/** A network call, or a part of one: what its positions, which are a row of the block's, have in common. */
export interface Step {
  readonly kind: number;
  /** Of the level, in pixels. */
  readonly spacing: number;
}

/** Levels of a picture's lattice: the least L with 2^L >= both sides. */
export function levelsOf({ width, height }: Area): number {
  return 32 - Math.clz32(Math.max(width, height) - 1);
}

/** The input that tells a picture's size: 0 for at most 4 levels, 1, 2 and 3 for 5, 6 and 7, 4 for more. */
export function sizeClass(area: Area): number {
  return Math.min(8, Math.max(4, levelsOf(area))) - 4;
}

/** Network calls of a picture: of all its steps that have positions. */
export function callsOf(area: Area): number {
  let calls = 0;
  for (let level = levelsOf(area) - 1; level >= 0; level--) {
    const rows = Math.ceil(area.height / 2 ** level);
    const columns = Math.ceil(area.width / 2 ** level);
    if (rows > 1 && columns > 1) calls++;
    if (rows > 1 || columns > 1) calls++;
  }
  return calls;
}

/** The steps of a picture that have positions, in the order of `pictures.md`, section 2: first the first pixel. */
export function* stepsOf(area: Area): Generator<Step & { readonly positions: Uint32Array }> {
  yield { kind: FIRST, spacing: 1, positions: new Uint32Array(1) };
  for (let level = levelsOf(area) - 1; level >= 0; level--) {
    for (const kind of [CENTRES, QUINCUNX] as const) {
      const spacing = 2 ** level;
      const positions = positionsOf(area, spacing, kind);
      if (positions.length > 0) yield { kind, spacing, positions };
    }
  }
}

/** Raster order; y * width + x. */
function positionsOf({ width, height }: Area, spacing: number, kind: number): Uint32Array {
  const rows = Math.ceil(height / spacing);
  const columns = Math.ceil(width / spacing);
  const found = new Uint32Array(kind === CENTRES ? (rows >> 1) * (columns >> 1) : (rows * columns) >> 1);
  let count = 0;
  for (let u = kind === CENTRES ? 1 : 0; u < rows; u += kind === CENTRES ? 2 : 1) {
    for (let v = kind === CENTRES ? 1 : (u + 1) & 1; v < columns; v += 2) {
      found[count++] = (u * width + v) * spacing;
    }
  }
  return found;
}

/** Places of the window, in raster order: (dy, dx), each -3..3. */
const WINDOW = Array.from({ length: 49 }, (_, i) => [Math.floor(i / 7) - 3, (i % 7) - 3] as const).filter(
  ([dy, dx]) => dy !== 0 || dx !== 0,
);

/** What is known around the positions of a step, borders apart: uint8, for each place of the window. */
export function maskOf(kind: number): Uint8Array {
  return Uint8Array.from(WINDOW, ([dy, dx]) =>
    // A centre's neighbours stand where both coordinates are even, those of the others where their sum is.
    Number(kind === CENTRES ? dy % 2 !== 0 && dx % 2 !== 0 : (dy + dx) % 2 !== 0),
  );
}

/** Positions of a part of a step that are looked at together. */
export const PART = 2048;

/** A picture as one block, whose calls are parts of its steps, and what step each part is of. */
export function blockOf(area: Area): { readonly block: Block; readonly steps: readonly Step[] } {
  const positions = new Uint32Array(area.width * area.height);
  const starts = [0];
  const graphs: number[] = [];
  const steps: Step[] = [];
  const calls: number[] = [];
  let at = 0;
  let call = 0;
  for (const step of stepsOf(area)) {
    positions.set(step.positions, at);
    const end = at + step.positions.length;
    while (at < end) {
      at = Math.min(end, at + PART);
      starts.push(at);
      graphs.push(step.kind === FIRST ? CENTRES : step.kind);
      steps.push({ kind: step.kind, spacing: step.spacing });
      calls.push(call);
    }
    // The first pixel is known with what the first call tells: it takes none.
    if (step.kind !== FIRST) call++;
  }
  const block = {
    start: 0,
    positions,
    starts: Uint32Array.from(starts),
    graphs: Uint8Array.from(graphs),
    callOf: Uint32Array.from(calls),
  };
  return { block, steps };
}
