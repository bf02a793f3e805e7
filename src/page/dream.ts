import type { Api, Model } from './api.js';
import { byId, element } from './dom.js';
import { bytes as inBytes, seconds } from './format.js';
import { draw } from './pixels.js';
import { messageOf } from './round-trip.js';

const CALLS: readonly number[] = [1, 4, 16, 64, 256, 1024];

/** Samples of the model. */
export class Dream {
  private readonly button = byId('dream', HTMLButtonElement);
  private readonly another = byId('another', HTMLButtonElement);
  private readonly model = byId('dream-model', HTMLSelectElement);
  private readonly calls = byId('dream-calls', HTMLSelectElement);
  private readonly seed = byId('seed', HTMLInputElement);
  private readonly text = byId('dreamt', HTMLElement);
  private readonly picture = byId('dreamt-picture', HTMLElement);
  private readonly told = byId('dream-told', HTMLElement);
  private readonly error = byId('dream-error', HTMLElement);
  private models: readonly Model[] = [];

  constructor(private readonly api: Api) {
    this.calls.append(...CALLS.map((calls) => element('option', {}, String(calls))));
    this.calls.value = '256';
    this.model.addEventListener('change', () => this.fit());
    this.button.addEventListener('click', () => this.dream());
    this.another.addEventListener('click', () => {
      this.seed.value = String((Number(this.seed.value) + 1) % 2 ** 32);
      void this.dream();
    });
  }

  /** What can dream: models of bytes and of pictures, not of sound. */
  offer(models: readonly Model[]): void {
    const before = this.model.value;
    this.models = models.filter(({ kind }) => kind !== 'sound');
    this.model.replaceChildren(...this.models.map(({ id }) => element('option', {}, id)));
    const usual = this.models.findLast(({ kind }) => kind !== 'pictures') ?? this.models[0];
    const id = this.models.some((one) => one.id === before) ? before : usual?.id;
    if (id !== undefined) this.model.value = id;
    this.fit();
  }

  private get isPicture(): boolean {
    return this.models.find(({ id }) => id === this.model.value)?.kind === 'pictures';
  }

  /** Offers what the model has a choice of. */
  private fit(): void {
    for (const label of document.querySelectorAll<HTMLElement>('#dream-row [data-of]')) {
      label.hidden = (label.dataset.of === 'pictures') !== this.isPicture;
    }
  }

  private async dream(): Promise<void> {
    const { isPicture } = this;
    const id = this.model.value;
    if (id === '') return;
    this.error.textContent = '';
    this.told.textContent = 'Dreaming …';
    this.button.disabled = true;
    this.another.disabled = true;
    const began = performance.now();
    const seed = this.seed.value;
    const query = isPicture
      ? { seed, pixels: byId('dream-pixels', HTMLSelectElement).value }
      : { calls: this.calls.value, seed, length: byId('dream-length', HTMLSelectElement).value };
    const saveAs = isPicture ? 'sample.png' : 'sample.txt';
    try {
      const { bytes } = await this.api.bytes({ method: 'GET', path: `v1/models/${id}/sample`, query, saveAs });
      const took = seconds((performance.now() - began) / 1_000);
      const what = isPicture ? 'A picture' : inBytes(bytes.length);
      if (isPicture) {
        const canvas = draw(await createImageBitmap(new Blob([bytes])));
        canvas.setAttribute('role', 'img');
        canvas.setAttribute('aria-label', 'A picture that the model dreams');
        this.picture.replaceChildren(canvas);
      } else {
        this.text.textContent = new TextDecoder().decode(bytes).replace(/(?![\t\n])\p{Cc}/gu, '·');
      }
      this.picture.hidden = !isPicture;
      this.text.hidden = isPicture;
      const how = 'calls' in query ? ` with ${query.calls} calls` : '';
      this.told.textContent = `${what} of ${id}${how}, in ${took}. The same seed gives the same ${isPicture ? 'pixels' : 'bytes'} on every machine.`;
    } catch (error) {
      this.told.textContent = '';
      this.error.textContent = messageOf(error);
    }
    this.button.disabled = false;
    this.another.disabled = false;
  }
}
