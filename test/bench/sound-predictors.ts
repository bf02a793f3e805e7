/**
 * npm run bench:sound-predictors [-- --seconds 3]: microseconds that a sample of one channel costs each stage of the predictors of sound, beside
 * the same sums that the channel's least squares are made of without any solution. On one core; of all rounds the fastest.
 */
import { parseArgs } from 'node:util';
import { type PredictorSettings, TRIAL_SETTINGS } from '../../src/sound/predictor-settings.js';
import { SoundProgram } from '../../src/sound/sound-program.js';
import { voice } from '../sound/signals.js';

const { values } = parseArgs({ options: { seconds: { type: 'string', default: '3' } } });
const SAMPLES = 16_000;
const ROUND = 4_000;

const program = new SoundProgram();
const signal = voice(16, 1);
const samples = Float64Array.from({ length: SAMPLES }, (_, time) => signal(time, 0));

/** Microseconds a sample and channel. */
function measure(settings: PredictorSettings, channels: number): number {
  const until = performance.now() + 1_000 * Number(values.seconds);
  let fastest = Number.POSITIVE_INFINITY;
  do {
    program.begin({ channels, bits: 16 }, settings);
    for (let from = 0; from < SAMPLES; from += ROUND) {
      const began = performance.now();
      for (let time = from; time < from + ROUND; time++) {
        for (let c = 0; c < channels; c++) {
          program.predict(c);
          program.update(c, samples[time] ?? 0);
        }
      }
      fastest = Math.min(fastest, (1_000 * (performance.now() - began)) / (ROUND * channels));
    }
  } while (performance.now() < until);
  return fastest;
}

const { leastSquares, cascade, blend } = TRIAL_SETTINGS;
const [first] = leastSquares;
if (!first) throw new Error('no least squares');
const never = { every: 4096 };
const least = { ...TRIAL_SETTINGS, leastSquares: [{ ...first, own: 1, ...never }], cascade: [] };
/** What calls cost, which is in every figure. */
const calls = measure(least, 1);
const tell = (name: string, microseconds: number): void =>
  console.log(`${name.padEnd(52)} ${microseconds.toFixed(2)} us a sample`);

tell('calls', calls);
for (const each of leastSquares) {
  const { own, forgetting, every } = each;
  const alone = measure({ ...least, leastSquares: [each] }, 1) - calls;
  tell(`least squares of ${own} taps, ${forgetting}, every ${every}`, alone);
}
for (const filter of cascade) {
  tell(`filter of ${filter.taps} taps`, measure({ ...least, cascade: [filter] }, 1) - calls);
}
const many = leastSquares.map((each) => ({ ...each, own: 1, ...never }));
const inputs = { ...TRIAL_SETTINGS, leastSquares: many, cascade: cascade.map(({ step }) => ({ taps: 8, step })) };
const still = measure({ ...inputs, blend: { ...blend, ...never } }, 1);
for (const every of [1, 2]) {
  tell(`blend, solved every ${every}`, measure({ ...inputs, blend: { ...blend, every } }, 1) - still);
}
tell('all, one channel', measure(TRIAL_SETTINGS, 1));
tell('all, two channels', measure(TRIAL_SETTINGS, 2));
