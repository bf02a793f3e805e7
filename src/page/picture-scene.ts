import type { Detail, Extent } from './api.js';
import { element } from './dom.js';
import { count } from './format.js';
import { COLOURS, colourOf, FROM, legendOf } from './heat.js';
import { nearestKnown } from './nearest.js';
import type { Scene } from './scene.js';

/** A picture as its pixels become known, and beside it what each of them takes. */
export class PictureScene implements Scene {
  readonly unit = 'bits a pixel';
  readonly legend: Scene['legend'];
  readonly elements: readonly HTMLElement[];
  readonly calls: number;
  readonly bits: number;
  private readonly known: HTMLCanvasElement;
  private readonly heat: HTMLCanvasElement;
  private at = -1;

  /** @param pixels four bytes each, as a canvas has them. */
  constructor(
    private readonly detail: Detail,
    private readonly extent: Extent,
    private readonly pixels: Uint8ClampedArray,
  ) {
    const { width, height, channels } = extent;
    this.calls = 1 + detail.call.reduce((most, call) => Math.max(most, call), 0);
    this.bits = detail.bits.reduce((sum, bits) => sum + bits, 0);
    // A pixel takes as many times what a sample takes as it has channels.
    this.legend = legendOf(FROM.map((from) => from * channels));
    const size = { width: String(width), height: String(height), role: 'img' };
    this.known = element('canvas', { ...size, 'aria-label': 'The picture, as far as it is known' });
    this.heat = element('canvas', {
      ...size,
      'aria-label': 'Where its bits go: dark pixels take few, light ones many',
    });
    this.elements = [element('div', { class: 'pictures' }, this.known, this.heat)];
    paint(this.heat, extent, (i) => [...(COLOURS[colourOf((detail.bits[i] ?? 0) / channels)] ?? [0, 0, 0]), 255]);
  }

  reveal(calls: number, order: boolean): void {
    this.heat.hidden = order;
    const from = nearestKnown(this.detail.call, this.extent, calls);
    paint(this.known, this.extent, (i) => {
      const at = from[i] ?? 0;
      return at < 0 ? [0, 0, 0, 0] : [...this.pixels.subarray(4 * at, 4 * at + 4)];
    });
  }

  pointed({ target, offsetX, offsetY }: PointerEvent): string | undefined {
    if (!(target instanceof HTMLCanvasElement)) return undefined;
    const { width, height } = this.extent;
    const x = Math.min(width - 1, Math.max(0, Math.floor((offsetX / target.clientWidth) * width)));
    const y = Math.min(height - 1, Math.max(0, Math.floor((offsetY / target.clientHeight) * height)));
    return this.tell(y * width + x);
  }

  moved(key: string): string | undefined {
    const { width, height } = this.extent;
    const last = width * height - 1;
    const at = Math.max(0, this.at);
    const to = {
      ArrowLeft: at - 1,
      ArrowRight: this.at + 1,
      ArrowUp: at - width,
      ArrowDown: at + width,
      Home: 0,
      End: last,
    }[key];
    return to === undefined ? undefined : this.tell(Math.min(last, Math.max(0, to)));
  }

  private tell(at: number): string {
    this.at = at;
    const { width } = this.extent;
    const call = (this.detail.call[at] ?? 0) + 1;
    return `Column ${count((at % width) + 1)}, row ${count(Math.floor(at / width) + 1)}: ${(this.detail.bits[at] ?? 0).toFixed(2)} bits, known from call ${count(call)} of ${count(this.calls)} on`;
  }
}

function paint(canvas: HTMLCanvasElement, { width, height }: Extent, colour: (i: number) => readonly number[]): void {
  const image = new ImageData(width, height);
  for (let i = 0; i < width * height; i++) image.data.set(colour(i), 4 * i);
  canvas.getContext('2d')?.putImageData(image, 0, 0);
}
