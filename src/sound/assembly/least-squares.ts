/** Linear prediction by least squares over all that was, older samples counting less: `../predictors.md`, section 4. */
import { beginEquations, column, endColumn, solution, solve } from './cholesky';
import { Latest } from './latest';
import { take } from './memory-plan';
import { accumulate, bytesOf, dot } from './vectors';

// @ts-ignore: a decorator of AssemblyScript
@unmanaged
export class LeastSquares {
  /** Taps of the channel itself and of the other one. */
  own: usize;
  other: usize;
  forgetting: f64;
  ridge: f64;
  every: i32;
  /** Samples until the next solution. */
  left: i32;
  ownWeights: usize;
  otherWeights: usize;
  /** A ring of records, each before the one that came before it; bytes of a record, and of the ring. */
  ring: usize;
  size: usize;
  around: usize;
  newest: usize;
  /** Where a record has products of the channel with its past, of the other with the channel's past, of the channel with the other's past, and of the other with its past. */
  forwards: usize;
  backwards: usize;
  others: usize;
  /** Products of the channel's present sample with the other's past. */
  targets: usize;

  static open(own: usize, other: usize, forgetting: f64, ridge: f64, every: i32): LeastSquares {
    const its = changetype<LeastSquares>(take(offsetof<LeastSquares>()));
    its.own = own;
    its.other = other;
    its.forgetting = forgetting;
    its.ridge = ridge;
    its.every = every;
    its.left = every;
    its.ownWeights = take(bytesOf(own));
    its.otherWeights = take(bytesOf(other));
    its.targets = take(bytesOf(other));
    its.forwards = evenly(own + 1);
    its.backwards = its.forwards + (other > 0 ? evenly(own) : 0);
    its.others = its.backwards + evenly(other);
    its.size = its.others + evenly(other);
    its.around = max(own + 1, other) * its.size;
    its.ring = take(its.around);
    its.newest = its.ring;
    return its;
  }

  predict(samples: Latest, others: Latest): f64 {
    const predicted = dot(this.ownWeights, samples.at, this.own);
    return this.other > 0 ? predicted + dot(this.otherWeights, others.at, this.other) : predicted;
  }

  /** Takes in the sample that is the newest of `samples`; `others` are as they were when it was predicted. */
  update(samples: Latest, others: Latest): void {
    const from = this.newest;
    const to = (from == this.ring ? from + this.around : from) - this.size;
    this.newest = to;
    const forgetting = this.forgetting;
    const sample = (1 - forgetting) * load<f64>(samples.at);
    accumulate(to, from, forgetting, sample, samples.at, this.own + 1);
    if (this.other > 0) this.updateOther(to, from, samples, others);
    if (--this.left > 0) return;
    this.left = this.every;
    this.solve();
  }

  /** The same of products in which the other channel is. */
  updateOther(to: usize, from: usize, samples: Latest, others: Latest): void {
    const forgetting = this.forgetting;
    const gain = 1 - forgetting;
    const past = samples.at + 8;
    const present = gain * load<f64>(others.at);
    accumulate(to + this.forwards, from + this.forwards, forgetting, present, past, this.own);
    accumulate(to + this.backwards, from + this.backwards, forgetting, gain * load<f64>(past), others.at, this.other);
    accumulate(to + this.others, from + this.others, forgetting, present, others.at, this.other);
    accumulate(this.targets, this.targets, forgetting, gain * load<f64>(samples.at), others.at, this.other);
  }

  /** The record of `ago` samples ago. */
  // @ts-ignore: a decorator of AssemblyScript
  @inline
  record(ago: usize): usize {
    const at = this.newest + ago * this.size;
    return at < this.ring + this.around ? at : at - this.around;
  }

  solve(): void {
    const own = this.own;
    const other = this.other;
    const unknowns = own + other;
    beginEquations(unknowns);
    for (let j: usize = 0; j < own; j++) {
      const to = column(j);
      copy(to + (j << 3), this.record(j + 1), own - j);
      for (let q: usize = 0; q < other; q++) {
        const product =
          q <= j ? this.record(q) + this.forwards + ((j - q) << 3) : this.record(j) + this.backwards + ((q - j) << 3);
        store<f64>(to + ((own + q) << 3), load<f64>(product));
      }
      endColumn(j, unknowns, this.ridge, load<f64>(this.newest + ((j + 1) << 3)));
    }
    for (let j: usize = 0; j < other; j++) {
      copy(column(own + j) + ((own + j) << 3), this.record(j) + this.others, other - j);
      endColumn(own + j, unknowns, this.ridge, load<f64>(this.targets + (j << 3)));
    }
    if (!solve(unknowns)) return;
    memory.copy(this.ownWeights, solution, own << 3);
    memory.copy(this.otherWeights, solution + (own << 3), other << 3);
  }
}

/** Bytes of so many values, or one more. */
function evenly(values: usize): usize {
  return ((values + 1) & ~1) << 3;
}

/** So many values, or one more. */
function copy(to: usize, from: usize, count: usize): void {
  for (let i: usize = 0; i < count << 3; i += 16) v128.store(to + i, v128.load(from + i));
}
