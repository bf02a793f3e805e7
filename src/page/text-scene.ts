import type { Detail } from './api.js';
import { type Character, charactersOf, HEAT, heatOf } from './characters.js';
import { element } from './dom.js';
import { count } from './format.js';
import type { Scene } from './scene.js';

/** A text whose characters are coloured; the bytes of what is no text. */
export class TextScene implements Scene {
  readonly unit = 'bits a character';
  readonly legend = [
    'less than 0.1',
    ...HEAT.map((from) => (from === HEAT.at(-1) ? `${from} and more` : String(from))),
  ].map((mark, index) => ({ mark, colour: `b${index}` }));
  readonly elements: readonly HTMLElement[];
  readonly calls: number;
  readonly bits: number;
  private readonly characters: readonly Character[];
  private current = -1;

  constructor(bytes: Uint8Array, detail: Detail) {
    this.characters = charactersOf(bytes, detail.bits, detail.call);
    this.elements = this.characters.map(({ shown, bits }) =>
      element('span', { class: `b${heatOf(bits)}` }, shown === '\n' ? '↵\n' : shown),
    );
    this.calls = 1 + this.characters.reduce((most, { call }) => Math.max(most, call), 0);
    this.bits = this.characters.reduce((sum, character) => sum + character.bits, 0);
  }

  reveal(calls: number): void {
    for (const [index, span] of this.elements.entries()) {
      const call = this.characters[index]?.call ?? 0;
      span.classList.toggle('unknown', call >= calls);
      span.classList.toggle('fresh', call === calls - 1 && calls < this.calls);
    }
  }

  pointed({ target }: PointerEvent): string | undefined {
    return this.tell(this.elements.indexOf(target as HTMLElement));
  }

  moved(key: string): string | undefined {
    const step = { ArrowLeft: -1, ArrowRight: 1, Home: -Infinity, End: Infinity }[key];
    if (step === undefined) return undefined;
    const told = this.tell(Math.min(this.elements.length - 1, Math.max(0, this.current + step)));
    this.elements[this.current]?.scrollIntoView({ block: 'nearest' });
    return told;
  }

  private tell(index: number): string | undefined {
    const character = this.characters[index];
    if (character === undefined) return undefined;
    this.elements[this.current]?.classList.remove('now');
    this.current = index;
    this.elements[index]?.classList.add('now');
    const name = { ' ': 'space', '\n': 'end of line', '\t': 'tab' }[character.shown] ?? `“${character.shown.trim()}”`;
    return `${name}: ${character.bits.toFixed(2)} bits, known from call ${count(character.call + 1)} of ${count(this.calls)} on`;
  }
}
