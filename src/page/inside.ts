import type { Detail } from './api.js';
import { byId, element } from './dom.js';
import { count, bytes as inBytes } from './format.js';
import { PictureScene } from './picture-scene.js';
import { pixelsOf } from './pixels.js';
import type { Scene } from './scene.js';
import { SoundScene } from './sound-scene.js';
import { TextScene } from './text-scene.js';

/** How long the whole of a decoding takes to be shown, in milliseconds, however many calls there are. */
const SHOWN_MS = 6_000;

async function sceneOf(bytes: Uint8Array<ArrayBuffer>, detail: Detail): Promise<Scene> {
  const { picture, sound } = detail;
  if (sound) return new SoundScene(bytes, detail, sound);
  return picture ? new PictureScene(detail, picture, await pixelsOf(bytes, picture)) : new TextScene(bytes, detail);
}

/** Where the bits go, and in which order bytes or pixels become known. */
export class Inside {
  private readonly box = byId('inside', HTMLElement);
  private readonly about = byId('inside-about', HTMLElement);
  private readonly told = byId('inside-told', HTMLElement);
  private readonly player = byId('player', HTMLElement);
  private readonly at = byId('at', HTMLInputElement);
  private readonly play = byId('play', HTMLButtonElement);
  private readonly legend = byId('legend', HTMLElement);
  private scene: Scene | undefined;
  private shown = 0;
  private frame: number | undefined;
  private order = false;

  constructor() {
    byId('show-bits', HTMLElement).addEventListener('click', () => this.showOrder(false));
    byId('show-order', HTMLElement).addEventListener('click', () => this.showOrder(true));
    this.at.addEventListener('input', () => {
      this.pause();
      this.reveal(Number(this.at.value));
    });
    this.play.addEventListener('click', () => (this.frame === undefined ? this.start() : this.pause()));
    const tell = (told: string | undefined): void => {
      if (told !== undefined) this.told.textContent = told;
    };
    this.box.addEventListener('pointermove', (event) => tell(this.scene?.pointed(event)));
    this.box.addEventListener('keydown', (event) => {
      const told = this.scene?.moved(event.key);
      if (told !== undefined) event.preventDefault();
      tell(told);
    });
  }

  async show(bytes: Uint8Array<ArrayBuffer>, detail: Detail, isStill: () => boolean): Promise<void> {
    const scene = await sceneOf(bytes, detail);
    // Another file may have come while the browser read this one.
    if (!isStill()) return;
    this.pause();
    this.scene = scene;
    this.box.replaceChildren(...scene.elements);
    this.told.textContent = '';
    this.legend.replaceChildren(
      `${scene.unit}:`,
      ...scene.legend.map(({ mark, colour }) => {
        if (typeof colour === 'string') return element('span', { class: colour }, mark);
        const swatch = element('i');
        swatch.style.background = colour.css;
        return element('span', { class: 'swatch' }, swatch, mark);
      }),
    );
    this.at.max = String(scene.calls);
    this.reveal(scene.calls);
    this.describe(scene);
  }

  /** Says why there is nothing to see. */
  clear(why: string): void {
    this.pause();
    this.scene = undefined;
    this.box.replaceChildren();
    this.about.textContent = why;
    this.told.textContent = '';
    this.legend.hidden = true;
    this.player.hidden = true;
  }

  private get calls(): number {
    return Number(this.at.max);
  }

  private showOrder(order: boolean): void {
    this.order = order;
    byId('show-bits', HTMLElement).setAttribute('aria-pressed', String(!order));
    byId('show-order', HTMLElement).setAttribute('aria-pressed', String(order));
    this.box.classList.toggle('order', order);
    this.pause();
    if (this.scene === undefined) return;
    this.describe(this.scene);
    this.reveal(this.calls);
    // Whoever asked the system for no motion moves it by hand.
    if (order && !matchMedia('(prefers-reduced-motion: reduce)').matches) this.start();
  }

  private describe({ bits, unit }: Scene): void {
    this.legend.hidden = this.order;
    this.player.hidden = !this.order;
    const calls = `${count(this.calls)} ${this.calls === 1 ? 'call' : 'calls'} of the network`;
    if (!this.order) {
      this.about.textContent = `What the model expects is nearly free; what surprises it costs. ${inBytes(Math.round(bits / 8))} in all, besides the header.`;
    } else if (unit === 'bits a pixel') {
      this.about.textContent = `The decoder begins with one pixel, and makes the picture known from coarse to fine, in ${calls}. What is not known yet is shown as the nearest pixel that is.`;
    } else if (unit === 'bits a sample') {
      this.about.textContent = `The decoder makes the sound known from its beginning to its end, in ${calls}: at each it looks again at what it has heard.`;
    } else {
      this.about.textContent = `The decoder begins with nothing, and makes the file known in ${calls}: each adds bytes all over, seeing those before.`;
    }
  }

  /** Shows what is known after the first `calls` calls. */
  private reveal(calls: number): void {
    this.shown = calls;
    this.at.value = String(calls);
    byId('played', HTMLOutputElement).value = count(calls);
    this.scene?.reveal(calls, this.order);
  }

  private start(): void {
    if (this.shown >= this.calls) this.reveal(0);
    this.play.textContent = 'Pause';
    const [from, began] = [this.shown, performance.now()];
    // Few calls are shown long enough to be seen.
    const each = Math.min(700, SHOWN_MS / this.calls);
    const step = (now: number): void => {
      const calls = Math.min(this.calls, from + Math.floor(Math.max(0, now - began) / each));
      if (calls !== this.shown) this.reveal(calls);
      if (calls >= this.calls) this.pause();
      else this.frame = requestAnimationFrame(step);
    };
    this.frame = requestAnimationFrame(step);
  }

  private pause(): void {
    if (this.frame !== undefined) cancelAnimationFrame(this.frame);
    this.frame = undefined;
    this.play.textContent = this.shown >= this.calls ? 'Play again' : 'Play';
  }
}
