import { Presets, SingleBar } from 'cli-progress';
import { sizeInWords } from './report.js';

/** What is done sooner needs no bar. */
const PATIENCE_MS = 1_000;

const LONGEST_NAME = 18;
/** Columns of a terminal that does not say how many it has, and those for all but the name and the bar. */
const USUAL_COLUMNS = 80;
const COLUMNS_OF_NUMBERS = 56;

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
    const format = '{name} {bar} {percentage}% | {done} of {all} | {speed}/s | {left} left';
    // Lines are cut to the width of the terminal, rather than that the terminal were told not to wrap them: whatever ends the process,
    // the terminal is as it was.
    const options = { format, stream: process.stderr, clearOnComplete: true, hideCursor: null, linewrap: true };
    const room = (process.stderr.columns || USUAL_COLUMNS) - COLUMNS_OF_NUMBERS - shortened(name).length;
    this.bar = new SingleBar({ ...options, barsize: Math.min(Math.max(room, 4), 24) }, Presets.shades_classic);
  }

  /** @param done bytes so far. */
  tell(done: number): void {
    const seconds = (performance.now() - this.started) / 1_000;
    if (!this.bar || seconds * 1_000 < PATIENCE_MS) return;
    const shown = { name: shortened(this.name), done: sizeInWords(done), all: sizeInWords(this.bytes) };
    const payload = {
      ...shown,
      speed: sizeInWords(Math.round(done / seconds)),
      left: timeLeft(done, this.bytes, seconds),
    };
    if (this.isShown) this.bar.update(done, payload);
    else this.bar.start(this.bytes, done, payload);
    this.isShown = true;
  }

  /** Takes the bar away. */
  end(): void {
    if (this.isShown) this.bar?.stop();
  }
}

/** The end of a long name tells more than its beginning, and what follows it must find room. */
function shortened(name: string): string {
  const characters = [...name];
  return characters.length <= LONGEST_NAME ? name : `…${characters.slice(1 - LONGEST_NAME).join('')}`;
}

/** How long the rest takes if it goes on as it did so far: `12 s`, `3 min`. */
function timeLeft(done: number, all: number, seconds: number): string {
  if (done === 0) return 'unknown time';
  const left = Math.ceil((seconds * (all - done)) / done);
  return left < 100 ? `${left} s` : `${Math.round(left / 60)} min`;
}
