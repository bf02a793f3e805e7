import type { Api, Dictionary, MadeDictionary, Query } from './api.js';
import { drawBars } from './bars.js';
import { byId, download } from './dom.js';
import { comparison, count } from './format.js';
import { messageOf } from './round-trip.js';
import { bytesOf, exampleRecords } from './samples.js';

/** Makes a dictionary of records, shows what it saves, and hands it to the rest of the page. */
export class DictionaryMaker {
  private readonly records = byId('records', HTMLTextAreaElement);
  private readonly told = byId('dictionary-told', HTMLElement);
  private readonly error = byId('dictionary-error', HTMLElement);
  private readonly result = byId('made', HTMLElement);
  private made: MadeDictionary | undefined;

  /**
   * @param query the model, as the page is set.
   * @param kept is told of the dictionaries that there are now, and of the one to use.
   */
  constructor(
    private readonly api: Api,
    private readonly query: () => Query,
    private readonly kept: (use?: Dictionary) => Promise<void>,
  ) {
    const on = (id: string, act: () => Promise<void> | void): void => {
      const button = byId(id, HTMLButtonElement);
      button.addEventListener('click', async () => {
        this.error.textContent = '';
        button.disabled = true;
        try {
          await act();
        } catch (error) {
          this.told.textContent = '';
          this.error.textContent = messageOf(error);
        }
        button.disabled = false;
      });
    };
    on('example', () => {
      this.records.value = exampleRecords();
    });
    on('make', () => this.make());
    on('use', async () => {
      await this.kept(this.made);
      byId('result', HTMLElement).focus();
    });
    on('backup', () => this.backup());
    on('remove', () => this.remove());
  }

  private async make(): Promise<void> {
    if (this.records.value.trim() === '') {
      this.records.focus();
      throw new Error('There are no records yet: paste some, one a line, or use the example.');
    }
    this.told.textContent = 'Making it, and measuring …';
    const body = { name: 'records.txt', bytes: bytesOf(this.records.value) };
    const size = byId('dictionary-size', HTMLSelectElement).value;
    const query = { size, model: this.query().model };
    this.made = await this.api.json<MadeDictionary>({ method: 'POST', path: 'v1/dictionaries', query, body });
    const { gains, shortId, size: bytes } = this.made;
    const helps = gains.verdict === 'helps';
    byId('verdict', HTMLElement).textContent = helps
      ? `With it, ${count(gains.samples)} records that it has not seen take ${count(gains.bytesWith)} bytes in place of ${count(gains.bytesWithout)}: ${comparison(gains.bytesWith, gains.bytesWithout)}.`
      : 'It does not help: these records have too little in common, or are long enough to learn from themselves.';
    drawBars(byId('gains', HTMLTableSectionElement), [
      { name: 'As they are', bytes: gains.sampleBytes },
      { name: 'brotli -q 11', bytes: gains.bytesBrotli },
      { name: 'Without it', bytes: gains.bytesWithout },
      { name: 'With it', bytes: gains.bytesWith, own: true },
    ]);
    this.told.textContent = `Dictionary ${shortId}, ${count(bytes)} bytes.`;
    this.result.hidden = false;
    await this.kept();
  }

  private async backup(): Promise<void> {
    if (this.made === undefined) return;
    const { id, shortId } = this.made;
    const saveAs = `${shortId}.dictionary`;
    const { bytes } = await this.api.bytes({ method: 'GET', path: `v1/dictionaries/${id}/content`, query: {}, saveAs });
    download(bytes, saveAs);
  }

  private async remove(): Promise<void> {
    if (this.made === undefined) return;
    await this.api.send({ method: 'DELETE', path: `v1/dictionaries/${this.made.id}`, query: { confirm: 'true' } });
    this.told.textContent = `Dictionary ${this.made.shortId} is removed.`;
    this.made = undefined;
    this.result.hidden = true;
    await this.kept();
  }
}
