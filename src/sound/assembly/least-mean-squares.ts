/** A normalised least-mean-squares filter: `../predictors.md`, section 5. */
import { Latest } from './latest';
import { take } from './memory-plan';
import { addScaled, bytesOf, total } from './vectors';

// @ts-ignore: a decorator of AssemblyScript
@unmanaged
export class LeastMeanSquares {
  /** A multiple of 8. */
  taps: usize;
  step: f64;
  /** What keeps the step small where there is silence. */
  bias: f64;
  weights: usize;
  inputs: Latest;
  predicted: f64;
  /** Of the latest inputs: the sum of their squares. */
  energy: f64;

  static open(taps: usize, step: f64): LeastMeanSquares {
    const its = changetype<LeastMeanSquares>(take(offsetof<LeastMeanSquares>()));
    its.taps = taps;
    its.step = step;
    its.bias = 1 + <f64>taps / 1024;
    its.weights = take(bytesOf(taps));
    its.inputs = Latest.open(taps);
    return its;
  }

  predict(): f64 {
    let sum0 = f64x2.splat(0);
    let sum1 = f64x2.splat(0);
    let sum2 = f64x2.splat(0);
    let sum3 = f64x2.splat(0);
    let energy0 = f64x2.splat(0);
    let energy1 = f64x2.splat(0);
    let energy2 = f64x2.splat(0);
    let energy3 = f64x2.splat(0);
    let weights = this.weights;
    let inputs = this.inputs.at;
    for (const end = weights + (this.taps << 3); weights < end; weights += 64, inputs += 64) {
      const input0 = v128.load(inputs);
      const input1 = v128.load(inputs, 16);
      const input2 = v128.load(inputs, 32);
      const input3 = v128.load(inputs, 48);
      sum0 = f64x2.add(sum0, f64x2.mul(v128.load(weights), input0));
      sum1 = f64x2.add(sum1, f64x2.mul(v128.load(weights, 16), input1));
      sum2 = f64x2.add(sum2, f64x2.mul(v128.load(weights, 32), input2));
      sum3 = f64x2.add(sum3, f64x2.mul(v128.load(weights, 48), input3));
      energy0 = f64x2.add(energy0, f64x2.mul(input0, input0));
      energy1 = f64x2.add(energy1, f64x2.mul(input1, input1));
      energy2 = f64x2.add(energy2, f64x2.mul(input2, input2));
      energy3 = f64x2.add(energy3, f64x2.mul(input3, input3));
    }
    this.energy = total(energy0, energy1, energy2, energy3);
    this.predicted = total(sum0, sum1, sum2, sum3);
    return this.predicted;
  }

  /** Takes in what was to be predicted. */
  update(input: f64): void {
    const gain = (this.step * (input - this.predicted)) / (this.energy + this.bias);
    addScaled(this.weights, gain, this.inputs.at, this.taps);
    this.inputs.push(input);
  }
}
