import { byId } from './dom.js';

const NAME = 'ardm-key';

/** The API key, as long as the tab is open. */
export class Key {
  private readonly box = byId('key-box', HTMLDetailsElement);
  private readonly input = byId('key', HTMLInputElement);

  /** @param changed is told that there is another key. */
  constructor(changed: () => void) {
    this.input.value = sessionStorage.getItem(NAME) ?? '';
    byId('key-form', HTMLFormElement).addEventListener('submit', (event) => {
      event.preventDefault();
      sessionStorage.setItem(NAME, this.value);
      this.box.open = false;
      changed();
    });
    this.box.addEventListener('keydown', (event) => {
      if (event.key !== 'Escape' || !this.box.open) return;
      this.box.open = false;
      this.box.querySelector('summary')?.focus();
    });
  }

  get value(): string {
    return this.input.value.trim();
  }

  /** The server asks for one. */
  ask(): void {
    this.box.open = true;
  }
}
