import type { Api, Model } from './api.js';
import { byId, element } from './dom.js';
import { bytes as inBytes, seconds } from './format.js';
import { messageOf } from './round-trip.js';

const CALLS: readonly number[] = [1, 4, 16, 64, 256, 1024];

/** Samples of the model. */
export class Dream {
  private readonly button = byId('dream', HTMLButtonElement);
  private readonly another = byId('another', HTMLButtonElement);
  private readonly calls = byId('dream-calls', HTMLSelectElement);
  private readonly seed = byId('seed', HTMLInputElement);
  private readonly shown = byId('dreamt', HTMLElement);
  private readonly told = byId('dream-told', HTMLElement);
  private readonly error = byId('dream-error', HTMLElement);

  /** @param model that the page is set to, or would take. */
  constructor(
    private readonly api: Api,
    private readonly model: () => Model | undefined,
  ) {
    this.calls.append(...CALLS.map((calls) => element('option', {}, String(calls))));
    this.calls.value = '256';
    this.button.addEventListener('click', () => this.dream());
    this.another.addEventListener('click', () => {
      this.seed.value = String((Number(this.seed.value) + 1) % 2 ** 32);
      void this.dream();
    });
  }

  private async dream(): Promise<void> {
    const model = this.model();
    if (model === undefined) return;
    this.error.textContent = '';
    this.told.textContent = 'Dreaming …';
    this.button.disabled = true;
    this.another.disabled = true;
    const began = performance.now();
    const query = {
      calls: this.calls.value,
      seed: this.seed.value,
      length: byId('dream-length', HTMLSelectElement).value,
    };
    try {
      const call = { method: 'GET', path: `v1/models/${model.id}/sample`, query, saveAs: 'sample.txt' } as const;
      const { bytes } = await this.api.bytes(call);
      this.shown.textContent = new TextDecoder().decode(bytes).replace(/(?![\t\n])\p{Cc}/gu, '·');
      this.shown.hidden = false;
      const took = seconds((performance.now() - began) / 1_000);
      this.told.textContent = `${inBytes(bytes.length)} of ${model.id} with ${query.calls} calls, in ${took}. The same seed gives the same bytes on every machine.`;
    } catch (error) {
      this.told.textContent = '';
      this.error.textContent = messageOf(error);
    }
    this.button.disabled = false;
    this.another.disabled = false;
  }
}
