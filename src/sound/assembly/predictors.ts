/** All that predicts a clip's next sample: `../predictors.md`. */
import { Blend } from './blend';
import { openEquations } from './cholesky';
import { Latest } from './latest';
import { LeastMeanSquares } from './least-mean-squares';
import { LeastSquares } from './least-squares';
import { take } from './memory-plan';

/** What is said of a clip and its predictors, float64 one after the other: `../predictors.md`, section 8. */
export const settings = memory.data(2048, 16);
/** Where they are read. */
let said: usize;

/** Of the channel that was predicted last: float64, `predictionCount` of them. */
export const predictions = memory.data(512, 16);
export let predictionCount: i32;

let channelCount: usize;
let squaresCount: usize;
let cascadeCount: usize;
let low: f64;
let high: f64;
/** A pointer a channel. */
let channels: usize;

/** One channel's. */
// @ts-ignore: a decorator of AssemblyScript
@unmanaged
class Predictors {
  samples: Latest;
  /** Pointers to LeastSquares and LeastMeanSquares. */
  squares: usize;
  cascade: usize;
  blend: Blend;
}

/** Lays out the predictors of a clip as `settings` say, none of whose samples are known. */
export function openPredictors(): void {
  said = settings;
  channelCount = <usize>nextSetting();
  low = nextSetting();
  high = nextSetting();
  squaresCount = <usize>nextSetting();
  cascadeCount = <usize>nextSetting();
  predictionCount = <i32>(squaresCount + cascadeCount + 1);
  const first = said;
  channels = take(channelCount << 2);
  let longest: usize = squaresCount + cascadeCount;
  let past: usize = 0;
  for (let k: usize = 0; k < squaresCount; k++, said += 40) {
    const own = <usize>load<f64>(said);
    const other = <usize>load<f64>(said, 8);
    longest = max(longest, own + other);
    past = max(past, max(own + 1, other));
  }
  openEquations(longest);
  for (let c: usize = 0; c < channelCount; c++) {
    said = first;
    store<usize>(channels + (c << 2), changetype<usize>(openChannel(past)));
  }
}

function nextSetting(): f64 {
  said += 8;
  return load<f64>(said - 8);
}

function openChannel(past: usize): Predictors {
  const its = changetype<Predictors>(take(offsetof<Predictors>()));
  its.samples = Latest.open(past);
  its.squares = take(squaresCount << 2);
  for (let k: usize = 0; k < squaresCount; k++) {
    const own = <usize>nextSetting();
    const other = <usize>nextSetting();
    const forgetting = nextSetting();
    const ridge = nextSetting();
    const squares = LeastSquares.open(own, channelCount > 1 ? other : 0, forgetting, ridge, <i32>nextSetting());
    store<usize>(its.squares + (k << 2), changetype<usize>(squares));
  }
  its.cascade = take(cascadeCount << 2);
  for (let k: usize = 0; k < cascadeCount; k++) {
    const taps = <usize>nextSetting();
    store<usize>(its.cascade + (k << 2), changetype<usize>(LeastMeanSquares.open(taps, nextSetting())));
  }
  const forgetting = nextSetting();
  const ridge = nextSetting();
  its.blend = Blend.open(squaresCount + cascadeCount, forgetting, ridge, <i32>nextSetting());
  return its;
}

// @ts-ignore: a decorator of AssemblyScript
@inline
function predictorsOf(c: usize): Predictors {
  return changetype<Predictors>(load<usize>(channels + (c << 2)));
}

/** The channel that channel c sees: the one before it, whose present sample is known; the first one the second's past. */
// @ts-ignore: a decorator of AssemblyScript
@inline
function seenBy(c: usize): Latest {
  return predictorsOf(c > 0 ? c - 1 : channelCount > 1 ? 1 : 0).samples;
}

// @ts-ignore: a decorator of AssemblyScript
@inline
function put(k: usize, prediction: f64): f64 {
  const limited = min(max(prediction, low), high);
  store<f64>(predictions + (k << 3), limited);
  return limited;
}

/** Predicts the next sample of channel c, into `predictions`. The channels take turns, `update` after `predict`. */
export function predict(c: usize): void {
  const its = predictorsOf(c);
  const others = seenBy(c);
  let last: f64 = 0;
  let k: usize = 0;
  for (; k < squaresCount; k++) {
    const squares = changetype<LeastSquares>(load<usize>(its.squares + (k << 2)));
    last = put(k, squares.predict(its.samples, others));
  }
  for (let f: usize = 0; f < cascadeCount; f++, k++) {
    const filter = changetype<LeastMeanSquares>(load<usize>(its.cascade + (f << 2)));
    last = put(k, last + filter.predict());
  }
  put(k, its.blend.predict(predictions));
}

/** Takes in the sample of channel c that was predicted. */
export function update(c: usize, sample: f64): void {
  const its = predictorsOf(c);
  const others = seenBy(c);
  its.blend.update(predictions, sample);
  // Each filter predicts what the prediction before it left: that of the last least squares, then the filters'.
  for (let f: usize = 0; f < cascadeCount; f++) {
    const filter = changetype<LeastMeanSquares>(load<usize>(its.cascade + (f << 2)));
    filter.update(sample - load<f64>(predictions + ((squaresCount - 1 + f) << 3)));
  }
  its.samples.push(sample);
  for (let k: usize = 0; k < squaresCount; k++) {
    changetype<LeastSquares>(load<usize>(its.squares + (k << 2))).update(its.samples, others);
  }
}
