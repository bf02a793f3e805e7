/** What is best added to the last of several predictions: least squares over how the others differ from it. `../predictors.md`, section 6. */
import { beginEquations, column, endColumn, solution, solve } from './cholesky';
import { take } from './memory-plan';
import { accumulate, bytesOf, dot } from './vectors';

// @ts-ignore: a decorator of AssemblyScript
@unmanaged
export class Blend {
  /** Predictions without the last. */
  count: usize;
  forgetting: f64;
  ridge: f64;
  every: i32;
  /** Samples until the next solution. */
  left: i32;
  weights: usize;
  differences: usize;
  /** Products of the differences, whole columns; of the differences with what was to be added. */
  products: usize;
  targets: usize;

  static open(predictions: usize, forgetting: f64, ridge: f64, every: i32): Blend {
    const its = changetype<Blend>(take(offsetof<Blend>()));
    const count = predictions - 1;
    its.count = count;
    its.forgetting = forgetting;
    its.ridge = ridge;
    its.every = every;
    its.left = every;
    its.weights = take(bytesOf(count));
    its.differences = take(bytesOf(count));
    its.products = take(count * bytesOf(count));
    its.targets = take(bytesOf(count));
    return its;
  }

  /** @param predictions all of them. */
  predict(predictions: usize): f64 {
    const last = load<f64>(predictions + (this.count << 3));
    for (let i: usize = 0; i < this.count << 3; i += 8) {
      store<f64>(this.differences + i, load<f64>(predictions + i) - last);
    }
    return last + dot(this.differences, this.weights, this.count);
  }

  /** Takes in what was to be predicted. */
  update(predictions: usize, sample: f64): void {
    const count = this.count;
    const forgetting = this.forgetting;
    const differences = this.differences;
    const gain = 1 - forgetting;
    const rest = gain * (sample - load<f64>(predictions + (count << 3)));
    accumulate(this.targets, this.targets, forgetting, rest, differences, count);
    for (let j: usize = 0; j < count; j++) {
      const at = this.products + j * bytesOf(count);
      accumulate(at, at, forgetting, gain * load<f64>(differences + (j << 3)), differences, count);
    }
    if (--this.left > 0) return;
    this.left = this.every;
    this.solve();
  }

  solve(): void {
    const count = this.count;
    beginEquations(count);
    for (let j: usize = 0; j < count; j++) {
      memory.copy(column(j) + (j << 3), this.products + j * bytesOf(count) + (j << 3), (count - j) << 3);
      endColumn(j, count, this.ridge, load<f64>(this.targets + (j << 3)));
    }
    if (solve(count)) memory.copy(this.weights, solution, count << 3);
  }
}
