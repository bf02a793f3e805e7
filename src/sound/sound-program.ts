import { readFileSync } from 'node:fs';
import { type Clip, type PredictorSettings, settingsOf } from './predictor-settings.js';

/** What `assembly/program.ts` exports. */
interface Exports {
  readonly memory: WebAssembly.Memory;
  begin(): void;
  predict(channel: number): void;
  update(channel: number, sample: number): void;
}

const compiled = new WebAssembly.Module(readFileSync(new URL('./program.wasm', import.meta.url)));

/** An instance of the program of sound, with the predictors of one clip: `predictors.md`. */
export class SoundProgram {
  private readonly exports: Exports;
  private readonly globals: Readonly<Record<string, { value: number }>>;
  /** Of the channel that was predicted last: of each least squares, of the cascade after each of its filters, of the blend. `begin` makes it anew. */
  predictions: Float64Array = new Float64Array();

  constructor() {
    const instance = new WebAssembly.Instance(compiled, {});
    // The program is our own, built with this file: tests hold its exports to this.
    this.exports = instance.exports as unknown as Exports;
    this.globals = instance.exports as unknown as Readonly<Record<string, { value: number }>>;
  }

  /** Begins a clip, none of whose samples are known. @throws RangeError for a clip or settings that `predictors.md`, section 8, doesn't allow. */
  begin(clip: Clip, settings: PredictorSettings): void {
    const values = settingsOf(clip, settings);
    new Float64Array(this.exports.memory.buffer, this.at('settings'), values.length).set(values);
    this.exports.begin();
    this.predictions = new Float64Array(this.exports.memory.buffer, this.at('predictions'), this.at('predictionCount'));
  }

  /** Predicts the next sample of a channel, into `predictions`. At every time the channels take turns from 0 on, each `update` after `predict`. */
  predict(channel: number): void {
    this.exports.predict(channel);
  }

  /** Takes in the sample that was predicted. */
  update(channel: number, sample: number): void {
    this.exports.update(channel, sample);
  }

  /** A number that the program exports: mostly, where it has something. */
  private at(name: string): number {
    const global = this.globals[name];
    if (!global) throw new RangeError(`the program has no ${name}`);
    return global.value;
  }
}
