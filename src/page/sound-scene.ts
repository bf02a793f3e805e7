import type { Detail, SoundDetail } from './api.js';
import { element } from './dom.js';
import { count } from './format.js';
import { COLOURS, colourOf, cssOf, legendOf } from './heat.js';
import type { Scene } from './scene.js';
import { stretch, wavesOf } from './waves.js';

const COLUMNS = 600;
const ROWS = 160;
/** From how many bits on a sample of sound has the next colour. */
const FROM: readonly number[] = [1, 2, 4, 6, 8, 10, 12];

/** Sound as waves, each stretch of which is coloured by what its samples take. */
export class SoundScene implements Scene {
  readonly unit = 'bits a sample';
  readonly legend = legendOf(FROM);
  readonly elements: readonly HTMLElement[];
  readonly calls: number;
  readonly bits: number;
  private readonly canvas: HTMLCanvasElement;
  private readonly columns: number;
  private readonly low: Float32Array;
  private readonly high: Float32Array;
  /** Bits that a sample of each column takes, and the call that makes the last of it known. */
  private readonly taken: readonly number[];
  private readonly knownFrom: readonly number[];
  private at = -1;

  constructor(
    bytes: Uint8Array,
    detail: Detail,
    private readonly sound: SoundDetail,
  ) {
    const { frames, channels } = sound;
    this.columns = Math.min(COLUMNS, frames);
    this.calls = 1 + detail.call.reduce((most, call) => Math.max(most, call), 0);
    this.bits = detail.bits.reduce((sum, bits) => sum + bits, 0);
    const stretches = Array.from({ length: this.columns }, (_, column) => stretch(column, this.columns, frames));
    this.taken = stretches.map(
      ([from, to]) => detail.bits.slice(from, to).reduce((sum, bits) => sum + bits, 0) / (to - from) / channels,
    );
    this.knownFrom = stretches.map(([from, to]) => detail.call.slice(from, to).reduce((a, b) => Math.max(a, b), 0));
    const waves = wavesOf(bytes, sound, this.columns);
    this.low = waves?.low ?? new Float32Array(this.columns).fill(-0.5);
    this.high = waves?.high ?? new Float32Array(this.columns).fill(0.5);
    this.canvas = element('canvas', {
      width: String(this.columns),
      height: String(ROWS),
      role: 'img',
      'aria-label': 'The waves of the sound: dark stretches take few bits, light ones many',
    });
    this.elements = [element('div', { class: 'waves' }, this.canvas)];
  }

  reveal(calls: number, order: boolean): void {
    const context = this.canvas.getContext('2d');
    if (!context) return;
    context.clearRect(0, 0, this.columns, ROWS);
    // As loud as it gets, so that quiet sound can be seen, too.
    const loudest = Math.max(0.001, ...this.high, ...this.low.map((value) => -value));
    for (let x = 0; x < this.columns; x++) {
      const isKnown = !order || (this.knownFrom[x] ?? 0) < calls;
      if (!isKnown) continue;
      context.fillStyle = order
        ? cssOf([58, 150, 140])
        : cssOf(COLOURS[colourOf(this.taken[x] ?? 0, FROM)] ?? [0, 0, 0]);
      const top = ((1 - (this.high[x] ?? 0) / loudest) / 2) * (ROWS - 2);
      const bottom = ((1 - (this.low[x] ?? 0) / loudest) / 2) * (ROWS - 2);
      context.fillRect(x, top, 1, bottom - top + 2);
    }
  }

  pointed({ target, offsetX }: PointerEvent): string | undefined {
    if (!(target instanceof HTMLCanvasElement)) return undefined;
    return this.tell(Math.floor((offsetX / target.clientWidth) * this.columns));
  }

  moved(key: string): string | undefined {
    const step = { ArrowLeft: -1, ArrowRight: 1, Home: -Infinity, End: Infinity }[key];
    return step === undefined ? undefined : this.tell(this.at + step);
  }

  private tell(column: number): string {
    this.at = Math.min(this.columns - 1, Math.max(0, column));
    const { frames, rate } = this.sound;
    const [from] = stretch(this.at, this.columns, frames);
    const when = rate > 0 ? `${(from / rate).toFixed(3)} s` : `Frame ${count(from + 1)}`;
    const call = count((this.knownFrom[this.at] ?? 0) + 1);
    return `${when}: ${(this.taken[this.at] ?? 0).toFixed(2)} bits a sample, known from call ${call} of ${count(this.calls)} on`;
  }
}
