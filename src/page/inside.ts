import type { Detail } from './api.js';
import { type Character, charactersOf, HEAT, heatOf } from './characters.js';
import { byId, element } from './dom.js';
import { count } from './format.js';

/** How long the whole of a decoding takes to be shown, in milliseconds, however many calls there are. */
const SHOWN_MS = 6_000;

/** Where the bits go, and in which order the bytes become known. */
export class Inside {
  private readonly box = byId('inside', HTMLElement);
  private readonly about = byId('inside-about', HTMLElement);
  private readonly told = byId('inside-told', HTMLElement);
  private readonly player = byId('player', HTMLElement);
  private readonly at = byId('at', HTMLInputElement);
  private readonly play = byId('play', HTMLButtonElement);
  private readonly legend = byId('legend', HTMLElement);
  private characters: readonly Character[] = [];
  private spans: HTMLElement[] = [];
  private current = -1;
  private shown = 0;
  private frame: number | undefined;
  private order = false;

  constructor() {
    const marks = ['less than 0.1', ...HEAT.map((from) => (from === HEAT.at(-1) ? `${from} and more` : String(from)))];
    this.legend.append(
      'bits a character:',
      ...marks.map((mark, index) => element('span', { class: `b${index}` }, mark)),
    );
    byId('show-bits', HTMLElement).addEventListener('click', () => this.showOrder(false));
    byId('show-order', HTMLElement).addEventListener('click', () => this.showOrder(true));
    this.at.addEventListener('input', () => {
      this.pause();
      this.reveal(Number(this.at.value));
    });
    this.play.addEventListener('click', () => (this.frame === undefined ? this.start() : this.pause()));
    this.box.addEventListener('pointerover', (event) => this.tell(this.spans.indexOf(event.target as HTMLElement)));
    this.box.addEventListener('keydown', (event) => this.move(event));
  }

  /** @param calls of the whole: those of a block, and of the detail the last. */
  show(bytes: Uint8Array, detail: Detail): void {
    this.pause();
    this.characters = charactersOf(bytes, detail.bits, detail.call);
    this.spans = this.characters.map(({ shown, bits }) =>
      element('span', { class: `b${heatOf(bits)}` }, shown === '\n' ? '↵\n' : shown),
    );
    this.box.replaceChildren(...this.spans);
    this.current = -1;
    this.told.textContent = '';
    const last = this.characters.reduce((most, { call }) => Math.max(most, call), 0);
    this.at.max = String(last + 1);
    this.reveal(last + 1);
    this.describe();
  }

  /** Says why there is nothing to see. */
  clear(why: string): void {
    this.pause();
    this.characters = [];
    this.spans = [];
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
    if (this.characters.length === 0) return;
    this.describe();
    // Whoever asked the system for no motion moves it by hand.
    if (order && !matchMedia('(prefers-reduced-motion: reduce)').matches) this.start();
    else this.reveal(this.calls);
  }

  private describe(): void {
    this.legend.hidden = this.order;
    this.player.hidden = !this.order;
    const bits = this.characters.reduce((sum, character) => sum + character.bits, 0);
    this.about.textContent = this.order
      ? `The decoder begins with nothing, and makes the file known in ${count(this.calls)} ${this.calls === 1 ? 'call' : 'calls'} of the network: each adds bytes all over, seeing those before.`
      : `What the model expects is nearly free; what surprises it costs. All together ${count(bits / 8)} bytes, besides the header.`;
  }

  /** Shows what is known after the first `calls` calls. */
  private reveal(calls: number): void {
    this.shown = calls;
    this.at.value = String(calls);
    byId('played', HTMLOutputElement).value = count(calls);
    for (const [index, span] of this.spans.entries()) {
      const call = this.characters[index]?.call ?? 0;
      span.classList.toggle('unknown', call >= calls);
      span.classList.toggle('fresh', call === calls - 1 && calls < this.calls);
    }
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

  private move(event: KeyboardEvent): void {
    const step = { ArrowLeft: -1, ArrowRight: 1, Home: -Infinity, End: Infinity }[event.key];
    if (step === undefined || this.spans.length === 0) return;
    event.preventDefault();
    this.tell(Math.min(this.spans.length - 1, Math.max(0, this.current + step)));
    this.spans[this.current]?.scrollIntoView({ block: 'nearest' });
  }

  private tell(index: number): void {
    const character = this.characters[index];
    if (character === undefined) return;
    this.spans[this.current]?.classList.remove('now');
    this.current = index;
    this.spans[index]?.classList.add('now');
    const name = { ' ': 'space', '\n': 'end of line', '\t': 'tab' }[character.shown] ?? `“${character.shown.trim()}”`;
    this.told.textContent = `${name}: ${character.bits.toFixed(2)} bits, known from call ${count(character.call + 1)} of ${count(this.calls)} on`;
  }
}
