import { createHash } from 'node:crypto';
import { mapLimited } from '../../src/codec/map-limited.js';
import type { CallsOption, CodecModel } from '../../src/codec/models.js';
import type { Engine } from '../../src/engine.js';
import type { Sample } from './groups.js';
import { brotliSize, type Peer, type RememberedSizes } from './peers.js';
import type { NamedFile } from './pieces.js';
import { byPeer, type FileRow, type LadderRow, type Limits, type PeerName, type Row, sum } from './results.js';

const NEVER = new AbortController().signal;

/** As much of the engine as measures. */
export interface Coder {
  readonly codec: Pick<Engine['codec'], 'compress' | 'decompress'>;
  readonly registry: { byId(id: string): { readonly presets: CodecModel['presets'] } | undefined };
  /** Its number of workers. */
  readonly pool: { readonly size: number };
}

/** Measures files with the service's own codec and workers, and with peers. */
export class Meter {
  private readonly known = new Map<string, Promise<number>>();

  constructor(
    private readonly engine: Coder,
    private readonly peers: readonly Peer[],
    private readonly remembered: RememberedSizes,
    /** Ids of the models that are measured alone. */
    private readonly models: readonly string[],
  ) {}

  /** A sample by `auto`, by each model alone and by all peers: one row of all its inputs, and one for each file of theirs. */
  async row({ group, size, inputs }: Sample): Promise<{ row: Row; files: FileRow[] }> {
    const measured = await this.each(inputs, async ({ name, bytes }) => ({
      file: name,
      bytes: bytes.length,
      auto: await this.auto(bytes),
      models: await Promise.all(this.models.map((id) => this.alone(bytes, id, 'balanced'))),
      peers: await this.peerSizes(bytes),
    }));
    const total = (some: typeof measured): Row => ({
      group,
      size,
      inputs: some.length,
      bytes: sum(some.map(({ bytes }) => bytes)),
      auto: sum(some.map(({ auto }) => auto)),
      models: Object.fromEntries(this.models.map((id, i) => [id, sum(some.map(({ models }) => models[i] as number))])),
      peers: byPeer((peer) => {
        const sizes = some.map(({ peers }) => peers[peer]);
        return sizes.every((one) => one !== null) ? sum(sizes) : null;
      }),
    });
    const names = [...new Set(measured.map(({ file }) => file))];
    const files = names.map((file) => ({ file, ...total(measured.filter((one) => one.file === file)) }));
    return { row: total(measured), files };
  }

  /** A sample with one model alone. */
  async ladderRow({ group, size, inputs }: Sample, model: string, calls: number): Promise<LadderRow> {
    const archives = sum(await this.each(inputs, ({ bytes }) => this.alone(bytes, model, calls)));
    const bytes = sum(inputs.map((input) => input.bytes.length));
    return { group, size, model, calls, inputs: inputs.length, bytes, archives };
  }

  /** The empty file, 10,000 random bytes, and how far behind brotli any of the files falls. */
  async limits(files: readonly NamedFile[]): Promise<Limits> {
    const noise = pseudoRandom(10_000);
    const sizes = await this.each(files, ({ bytes }) => this.auto(bytes));
    const brotli = files.map(({ bytes }) => brotliSize(bytes));
    const over = sizes.map((size, i) => size - (brotli[i] as number));
    const most = Math.max(...over);
    return {
      empty: await this.auto(new Uint8Array(0)),
      random: (await this.auto(noise)) - noise.length,
      files: files.length,
      bytes: sum(files.map(({ bytes }) => bytes.length)),
      auto: sum(sizes),
      brotli: sum(brotli),
      worst: { file: files[over.indexOf(most)]?.name ?? '', over: most },
    };
  }

  /** Archive with `model=auto` and `calls=balanced`, decoded and compared. */
  private auto(bytes: Uint8Array): Promise<number> {
    return this.once(this.keyOf(bytes, 'auto', 'balanced'), async () => {
      const { codec } = this.engine;
      const { archive, model } = await codec.compress(bytes, { calls: 'balanced', model: 'auto', signal: NEVER });
      // Where `auto` has kept nothing but the model's segments, these are what the model alone gives.
      if (this.models.includes(model)) {
        this.known.set(this.keyOf(bytes, model, 'balanced'), Promise.resolve(archive.length));
      }
      const back = await codec.decompress(archive, { signal: NEVER });
      if (Buffer.compare(back, bytes) !== 0) throw new Error('an archive did not give its file back');
      return archive.length;
    });
  }

  /** Archive with one model; only encoded. */
  private alone(bytes: Uint8Array, model: string, calls: CallsOption): Promise<number> {
    return this.once(this.keyOf(bytes, model, calls), async () => {
      return (await this.engine.codec.compress(bytes, { calls, model, signal: NEVER })).archive.length;
    });
  }

  /** The same bytes are coded once in each way, though several tables have them. */
  private once(key: string, code: () => Promise<number>): Promise<number> {
    const known = this.known.get(key) ?? code();
    this.known.set(key, known);
    return known;
  }

  private keyOf(bytes: Uint8Array, model: string, calls: CallsOption): string {
    const presets = this.engine.registry.byId(model)?.presets;
    const number = typeof calls === 'number' ? calls : (presets?.[calls] ?? calls);
    return `${model} ${number} ${createHash('sha1').update(bytes).digest('base64')}`;
  }

  private async peerSizes(bytes: Uint8Array): Promise<Record<PeerName, number | null>> {
    const sizes = byPeer(() => null as number | null);
    for (const peer of this.peers) sizes[peer.name] = await this.remembered.size(peer, bytes);
    return sizes;
  }

  /** Every worker has one input to code, and one that waits. */
  private each<T>(inputs: readonly NamedFile[], work: (input: NamedFile) => Promise<T>): Promise<T[]> {
    return mapLimited(2 * this.engine.pool.size, NEVER, inputs, work);
  }
}

/** The same bytes every time, which no compressor can do anything about. */
function pseudoRandom(length: number): Uint8Array {
  const mixed = (i: number): number => Math.imul(Math.imul(i + 1, 0x9e3779b1) ^ (i << 7), 0x85ebca6b);
  return Uint8Array.from({ length }, (_, i) => mixed(i) >>> 24);
}
