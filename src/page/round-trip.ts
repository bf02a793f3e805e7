import type { Api, Query } from './api.js';
import { byId, download, element } from './dom.js';
import { bytes as inBytes, percent, seconds } from './format.js';
import type { Input } from './input.js';
import { sha256 } from './sha256.js';

/** There and back: compress, keep, decompress, and compare what came back. */
export class RoundTrip {
  private readonly steps = byId('steps', HTMLElement);
  private readonly error = byId('trip-error', HTMLElement);
  private readonly compress = byId('compress', HTMLButtonElement);
  private readonly decompress = byId('decompress', HTMLButtonElement);
  private readonly saveArchive = byId('save-archive', HTMLButtonElement);
  private readonly saveOriginal = byId('save-original', HTMLButtonElement);
  private readonly cancel = byId('cancel', HTMLButtonElement);
  private input: Input | undefined;
  private archive: Input | undefined;
  private back: Input | undefined;
  /** What came from an archive that was dropped here has nothing to be compared with. */
  private original: Input | undefined;
  private running = new AbortController();

  /** @param query of a request to compress, as the page is set. */
  constructor(
    private readonly api: Api,
    private readonly query: () => Query,
  ) {
    this.compress.addEventListener('click', () => this.during((signal) => this.makeArchive(signal)));
    this.decompress.addEventListener('click', () => this.during((signal) => this.restore(signal)));
    this.saveArchive.addEventListener('click', () => this.archive && download(this.archive.bytes, this.archive.name));
    this.saveOriginal.addEventListener('click', () => this.back && download(this.back.bytes, this.back.name));
    this.cancel.addEventListener('click', () => this.running.abort());
  }

  /** Another file: what was made of the one before is forgotten. */
  begin(input: Input): void {
    this.input = input;
    this.forget();
  }

  /** Another setting: the archive is no longer what would be made. */
  forget(): void {
    this.running.abort();
    // What was running has nothing more to say.
    this.running = new AbortController();
    this.clear();
    this.enable();
  }

  private clear(): void {
    this.archive = this.input && isArchive(this.input.bytes) ? this.input : undefined;
    this.original = undefined;
    this.back = undefined;
    this.steps.replaceChildren();
    this.error.textContent = '';
    if (this.archive) this.say('This is an archive: decompress it.');
  }

  private async makeArchive(signal: AbortSignal): Promise<void> {
    const { input } = this;
    if (input === undefined) return;
    this.clear();
    const name = `${input.name}.ardm`;
    const began = performance.now();
    const call = { method: 'POST', path: 'v1/compress', query: this.query(), body: input, saveAs: name } as const;
    const { bytes, headers } = await this.api.bytes(call, signal);
    const took = seconds((performance.now() - began) / 1_000);
    this.archive = { name, bytes };
    this.original = input;
    const calls = headers.get('Ardm-Calls');
    const how = `${headers.get('Ardm-Model') ?? 'unknown'}${calls === null ? '' : `, ${calls} calls`}`;
    this.say(
      `${inBytes(input.bytes.length)} became ${inBytes(bytes.length)} (${percent(bytes.length, input.bytes.length)}) in ${took}, with ${how}.`,
    );
  }

  private async restore(signal: AbortSignal): Promise<void> {
    const { archive, original } = this;
    if (archive === undefined) return;
    const name = archive.name.replace(/\.ardm$/, '');
    const began = performance.now();
    // Of the rest, the archive says it itself.
    const call = { method: 'POST', path: 'v1/decompress', query: {}, body: archive, saveAs: name } as const;
    const { bytes } = await this.api.bytes(call, signal);
    const took = seconds((performance.now() - began) / 1_000);
    this.back = { name, bytes };
    this.say(`${inBytes(archive.bytes.length)} became ${inBytes(bytes.length)} in ${took}.`);
    const hash = await sha256(bytes);
    if (signal.aborted) return;
    if (original === undefined) return this.say('What came back has the SHA-256', '', hash);
    const same = (await sha256(original.bytes)) === hash;
    if (same) this.say('What came back is what was sent, bit for bit. Both have the SHA-256', 'same', hash);
    else
      this.say(
        'What came back is not what was sent. This should never happen: please report it. SHA-256',
        'different',
        hash,
      );
  }

  private async during(act: (signal: AbortSignal) => Promise<void>): Promise<void> {
    const running = new AbortController();
    this.running = running;
    this.error.textContent = '';
    const { activeElement } = document;
    this.enable(true);
    try {
      await act(running.signal);
    } catch (error) {
      if (this.running === running) this.error.textContent = running.signal.aborted ? 'Cancelled.' : messageOf(error);
    }
    if (this.running !== running) return;
    this.enable();
    // A button that cannot be pressed for a while has lost it.
    if (document.activeElement === document.body && activeElement instanceof HTMLElement) activeElement.focus();
  }

  private enable(busy = false): void {
    this.cancel.hidden = !busy;
    this.compress.disabled = busy || this.input === undefined;
    this.decompress.disabled = busy || this.archive === undefined;
    this.saveArchive.disabled = busy || this.archive === undefined;
    this.saveOriginal.disabled = busy || this.back === undefined;
  }

  private say(text: string, kind = '', hash = ''): void {
    const item = element('li', kind === '' ? {} : { class: kind }, element('span', {}, text));
    if (hash !== '') item.lastElementChild?.append(' ', element('code', {}, hash));
    this.steps.append(item);
  }
}

/** As the file format has it: FORMAT.md, section "Header". */
function isArchive(bytes: Uint8Array): boolean {
  return bytes[0] === 0xa7 && (bytes[1] ?? 0) >>> 4 === 0xd;
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
