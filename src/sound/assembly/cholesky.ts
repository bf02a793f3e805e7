/** Linear equations with a symmetric positive definite matrix, by Cholesky's factorisation: `../predictors.md`, section 3. */
import { take } from './memory-plan';
import { bytesOf, dot } from './vectors';

/** A pivot that is not above it ends the factorisation: 2^-30. */
const LEAST_PIVOT: f64 = 9.313225746154785e-10;
/** What is added to the diagonal, in parts of what is there: 2^-23. */
const RELATIVE_RIDGE: f64 = 1.1920928955078125e-7;

/** Columns of the lower triangle, one after the other; below them, the right side as one row more. */
let matrix: usize;
/** Bytes from a column to the next. */
let stride: usize;
let inverses: usize;
/** What `solve` finds, with zeros behind it. */
export let solution: usize;

/** Makes room for up to so many unknowns. */
export function openEquations(most: usize): void {
  // One column more, which is taken along with the last where they are odd.
  matrix = take((most + 1) * strideOf(most));
  inverses = take(most << 3);
  solution = take(bytesOf(most) + 64);
}

// A column has room for the last step of 8 rows that begins at or before the right side. No power of two, so that rows don't share cache lines.
function strideOf(unknowns: usize): usize {
  return ((unknowns + 9) & ~1) << 3;
}

/** Begins equations of so many unknowns. Every column is to be written from its diagonal on. */
export function beginEquations(unknowns: usize): void {
  stride = strideOf(unknowns);
}

/** Where column j has row 0. */
// @ts-ignore: a decorator of AssemblyScript
@inline
export function column(j: usize): usize {
  return matrix + j * stride;
}

/** Ends column j, whose rows are written: strengthens the diagonal, and puts the right side. */
// @ts-ignore: a decorator of AssemblyScript
@inline
export function endColumn(j: usize, unknowns: usize, ridge: f64, right: f64): void {
  const at = column(j);
  const diagonal = load<f64>(at + (j << 3));
  store<f64>(at + (j << 3), diagonal + (ridge + diagonal * RELATIVE_RIDGE));
  store<f64>(at + (unknowns << 3), right);
  memory.fill(at + ((unknowns + 1) << 3), 0, stride - ((unknowns + 1) << 3));
}

/** @returns whether `solution` holds the solution: not if a pivot was too small. */
export function solve(unknowns: usize): bool {
  for (let j: usize = 0; j < unknowns; j += 2) {
    eliminate(j, unknowns);
    if (!divide(j, unknowns)) return false;
    if (j + 1 == unknowns) break;
    subtract(j + 1, j, unknowns);
    if (!divide(j + 1, unknowns)) return false;
  }
  substitute(unknowns);
  return true;
}

/** Divides column j by the root of its pivot. @returns whether that is large enough. */
function divide(j: usize, unknowns: usize): bool {
  const at = column(j);
  const pivot = load<f64>(at + (j << 3));
  // Also where it is no number.
  if (!(pivot > LEAST_PIVOT)) return false;
  const inverse = 1 / Math.sqrt(pivot);
  store<f64>(inverses + (j << 3), inverse);
  const by = f64x2.splat(inverse);
  for (let i = at + (j << 3); i <= at + (unknowns << 3); i += 16) v128.store(i, f64x2.mul(v128.load(i), by));
  return true;
}

/** Takes from column j what column k says. */
function subtract(j: usize, k: usize, unknowns: usize): void {
  const at = column(j);
  const before = column(k);
  const by = v128.load64_splat(before + (j << 3));
  for (let i = j << 3; i <= unknowns << 3; i += 16) {
    v128.store(at + i, f64x2.sub(v128.load(at + i), f64x2.mul(v128.load(before + i), by)));
  }
}

/** Takes from columns j and j + 1, from row j on, what the columns before both say: column after column. The last column may be alone. */
function eliminate(j: usize, unknowns: usize): void {
  const at = column(j);
  const next = at + stride;
  const row = matrix + (j << 3);
  const end = row + j * stride;
  for (let i = j << 3; i <= unknowns << 3; i += 64) {
    let rest0 = v128.load(at + i);
    let rest1 = v128.load(at + i, 16);
    let rest2 = v128.load(at + i, 32);
    let rest3 = v128.load(at + i, 48);
    let other0 = v128.load(next + i);
    let other1 = v128.load(next + i, 16);
    let other2 = v128.load(next + i, 32);
    let other3 = v128.load(next + i, 48);
    let before = matrix + i;
    for (let k = row; k < end; k += stride) {
      const by = v128.load64_splat(k);
      const otherBy = v128.load64_splat(k, 8);
      const before0 = v128.load(before);
      const before1 = v128.load(before, 16);
      const before2 = v128.load(before, 32);
      const before3 = v128.load(before, 48);
      rest0 = f64x2.sub(rest0, f64x2.mul(before0, by));
      other0 = f64x2.sub(other0, f64x2.mul(before0, otherBy));
      rest1 = f64x2.sub(rest1, f64x2.mul(before1, by));
      other1 = f64x2.sub(other1, f64x2.mul(before1, otherBy));
      rest2 = f64x2.sub(rest2, f64x2.mul(before2, by));
      other2 = f64x2.sub(other2, f64x2.mul(before2, otherBy));
      rest3 = f64x2.sub(rest3, f64x2.mul(before3, by));
      other3 = f64x2.sub(other3, f64x2.mul(before3, otherBy));
      before += stride;
    }
    v128.store(at + i, rest0);
    v128.store(at + i, rest1, 16);
    v128.store(at + i, rest2, 32);
    v128.store(at + i, rest3, 48);
    v128.store(next + i, other0);
    v128.store(next + i, other1, 16);
    v128.store(next + i, other2, 32);
    v128.store(next + i, other3, 48);
  }
}

/** Back substitution: row `unknowns` holds what forward substitution would have found. */
function substitute(unknowns: usize): void {
  memory.fill(solution + (unknowns << 3), 0, 64);
  for (let j = unknowns; j-- > 0; ) {
    const at = column(j);
    const below = dot(at + ((j + 1) << 3), solution + ((j + 1) << 3), unknowns - j - 1);
    const rest = load<f64>(at + (unknowns << 3)) - below;
    store<f64>(solution + (j << 3), rest * load<f64>(inverses + (j << 3)));
  }
}
