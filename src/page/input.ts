import { textOf } from './characters.js';
import { byId, debounced, element } from './dom.js';
import { examplePicture } from './example-picture.js';
import { exampleSound } from './example-sound.js';
import { bytes as inBytes } from './format.js';
import { bytesOf, SAMPLES } from './samples.js';

/** What is to be compressed. */
export interface Input {
  readonly name: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** Larger texts are not shown to be edited: each letter typed would be a request of that size. */
const EDITABLE = 65_536;

/** The box where a file is dropped, chosen or pasted, a text typed, or a sample taken. */
export class InputBox {
  private readonly box = byId('drop', HTMLElement);
  private readonly text = byId('text', HTMLTextAreaElement);
  private readonly card = byId('file-card', HTMLElement);
  private readonly file = byId('file', HTMLInputElement);
  private readonly error = byId('input-error', HTMLElement);
  private readonly samplesAlone = byId('alone', HTMLInputElement);
  private readonly samples: HTMLButtonElement[];
  private named = 'input.txt';
  /** What was typed and not yet told of is no longer there. */
  private readonly discardTyped: () => void;

  /** @param changed is told of what there is now. */
  constructor(private readonly changed: (input: Input) => void) {
    const texts = SAMPLES.map(({ name, file, text }) => ({ name, file, bytes: () => bytesOf(text) }));
    const all = [
      ...texts,
      { name: 'Picture', file: 'evening.bmp', bytes: examplePicture },
      { name: 'Sound', file: 'strings.wav', bytes: exampleSound },
    ];
    this.samples = all.map(({ name, file, bytes }, index) => {
      const button = element('button', { type: 'button', 'aria-pressed': 'false' }, name);
      button.addEventListener('click', () => {
        this.take({ name: file, bytes: bytes() });
        this.press(index);
      });
      return button;
    });
    byId('samples', HTMLElement).append(...this.samples);
    let pending = false;
    const tellTyped = (): void => {
      if (pending) this.tell({ name: this.named, bytes: bytesOf(this.text.value) });
      pending = false;
    };
    const typed = debounced(350, tellTyped);
    this.text.addEventListener('input', () => {
      if (this.samples.some((button) => button.getAttribute('aria-pressed') === 'true')) this.named = 'input.txt';
      this.press(undefined);
      pending = true;
      typed();
    });
    // Whoever goes on to a button means what stands there now.
    this.text.addEventListener('blur', tellTyped);
    this.discardTyped = () => {
      pending = false;
    };
    byId('choose', HTMLElement).addEventListener('click', () => this.file.click());
    this.file.addEventListener('change', () => {
      void this.read(this.file.files?.[0]);
      // So that the same file can be chosen again.
      this.file.value = '';
    });
    byId('file-away', HTMLElement).addEventListener('click', () => {
      this.take({ name: 'input.txt', bytes: new Uint8Array() });
      this.text.focus();
    });
    this.acceptDrops();
    document.addEventListener('paste', (event) => {
      const file = event.clipboardData?.files[0];
      if (file === undefined) return;
      event.preventDefault();
      void this.read(file);
    });
  }

  /** Begins with the first sample. */
  begin(): void {
    this.samples[0]?.click();
  }

  /** What the file is said to be, whose samples nothing else tells of: `pcm` of sound, `pixels` of a picture. */
  get alone(): { readonly pcm?: string; readonly pixels?: string } {
    const said = this.samplesAlone.value.trim();
    if (said === '' || this.card.hidden) return {};
    return said.includes(',') ? { pcm: said } : { pixels: said };
  }

  /** Whether the file was found to be a picture or sound, so that nobody need say so. */
  found(is: boolean): void {
    byId('alone-row', HTMLElement).hidden = is && this.samplesAlone.value === '';
  }

  private acceptDrops(): void {
    const over = (event: DragEvent, is: boolean): void => {
      if (!event.dataTransfer?.types.includes('Files')) return;
      event.preventDefault();
      this.box.classList.toggle('over', is);
    };
    // All over the page: a browser opens what is dropped beside the box.
    document.addEventListener('dragover', (event) => over(event, true));
    document.addEventListener('dragleave', (event) => over(event, false));
    document.addEventListener('drop', (event) => {
      over(event, false);
      void this.read(event.dataTransfer?.files[0]);
    });
  }

  private async read(file: File | undefined): Promise<void> {
    if (file === undefined) return;
    try {
      const bytes = new Uint8Array(await file.arrayBuffer());
      this.press(undefined);
      this.take({ name: file.name, bytes });
    } catch {
      this.error.textContent = `${file.name} cannot be read. A folder cannot be compressed; pack it into one file before.`;
    }
  }

  private take(input: Input): void {
    this.discardTyped();
    const text = input.bytes.length <= EDITABLE ? textOf(input.bytes) : undefined;
    this.text.hidden = text === undefined;
    this.card.hidden = text !== undefined;
    this.samplesAlone.value = '';
    this.text.value = text ?? '';
    this.named = input.name;
    byId('file-name', HTMLElement).textContent = input.name;
    byId('file-about', HTMLElement).textContent = inBytes(input.bytes.length);
    this.tell(input);
  }

  private tell(input: Input): void {
    this.error.textContent = '';
    byId('input-size', HTMLElement).textContent = inBytes(input.bytes.length);
    this.changed(input);
  }

  private press(index: number | undefined): void {
    for (const [each, button] of this.samples.entries()) button.setAttribute('aria-pressed', String(each === index));
  }
}
