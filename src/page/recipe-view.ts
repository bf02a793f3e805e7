import { type Call, pathOf } from './api.js';
import { byId } from './dom.js';
import { type Language, recipe } from './recipes.js';

/** What the page did last, as code to copy. */
export class RecipeView {
  private readonly code = byId('recipe', HTMLElement);
  private readonly told = byId('copied', HTMLElement);
  private language: Language = 'curl';
  private last: Call | undefined;

  constructor(private readonly withKey: () => boolean) {
    const buttons = [...byId('languages', HTMLElement).querySelectorAll('button')];
    for (const button of buttons) {
      button.addEventListener('click', () => {
        for (const other of buttons) other.setAttribute('aria-pressed', String(other === button));
        const chosen = button.dataset.language;
        this.language = chosen === 'python' || chosen === 'javascript' ? chosen : 'curl';
        this.draw();
      });
    }
    byId('copy', HTMLElement).addEventListener('click', () => this.copy());
  }

  show(call: Call): void {
    this.last = call;
    this.draw();
  }

  private draw(): void {
    if (this.last === undefined) return;
    byId('recipe-of', HTMLElement).textContent = `${this.last.method} /${pathOf({ ...this.last, query: {} })}`;
    this.code.textContent = recipe(this.language, this.last, new URL('.', location.href).href, this.withKey());
    this.told.textContent = '';
  }

  private async copy(): Promise<void> {
    try {
      await navigator.clipboard.writeText(this.code.textContent ?? '');
      this.told.textContent = 'Copied.';
    } catch {
      // Not given to pages that came over HTTP from another machine.
      getSelection()?.selectAllChildren(this.code);
      this.told.textContent = 'The browser does not let this page copy. The code is marked: copy it with the keyboard.';
    }
  }
}
