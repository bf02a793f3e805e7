import { Presets, SingleBar } from 'cli-progress';
import { sizeInWords } from './report.js';

/** What is done sooner needs no bar. */
const PATIENCE_MS = 1_000;

/** A bar on a terminal for one file, with speed and time left; nothing where standard error is none. */
export class ProgressBar {
  private readonly started = performance.now();
  private readonly bar: SingleBar | undefined;
  private isShown = false;

  /** @param bytes of the original. */
  constructor(
    private readonly name: string,
    private readonly bytes: number,
    quiet: boolean,
  ) {
    if (quiet || !process.stderr.isTTY) return;
    const format = '{name} {bar} {percentage}% | {done} of {all} | {speed}/s | {eta_formatted} left';
    const options = { format, stream: process.stderr, clearOnComplete: true, hideCursor: null, barsize: 24 };
    this.bar = new SingleBar({ ...options, etaBuffer: 50 }, Presets.shades_classic);
  }

  /** @param done bytes so far. */
  tell(done: number): void {
    const seconds = (performance.now() - this.started) / 1_000;
    if (!this.bar || seconds * 1_000 < PATIENCE_MS) return;
    const shown = { name: this.name, done: sizeInWords(done), all: sizeInWords(this.bytes) };
    const payload = { ...shown, speed: sizeInWords(Math.round(done / seconds)) };
    if (this.isShown) this.bar.update(done, payload);
    else this.bar.start(this.bytes, done, payload);
    this.isShown = true;
  }

  /** Takes the bar away. */
  end(): void {
    if (this.isShown) this.bar?.stop();
  }
}
