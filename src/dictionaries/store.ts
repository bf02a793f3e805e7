import { createHash } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { z } from 'zod';
import { type Dictionaries, type Dictionary, dictionaryOf } from '../codec/dictionary.js';
import type { BlobStore } from '../jobs/blob-store.js';
import { BlobMissingError, JobsUnavailableError } from '../jobs/errors.js';
import { DictionariesUnavailableError, DictionaryNotFoundError, TooManyDictionariesError } from './errors.js';

/** SHA-256 in lower-case hexadecimal. */
const DICTIONARY_ID = /^[0-9a-f]{64}$/;
const KEY = /^dictionary-([0-9a-f]{32})-([0-9a-f]{64})$/;
const LINE_FEED = 10;
/** What was seen in the blobs is believed for so many milliseconds: another process may have removed it. */
const BELIEVED_MS = 10_000;

const aboutSchema = z.strictObject({
  /** Id of the model that it was made with: it is meant where a bare frame names none. */
  model: z.string(),
  /** Milliseconds since 1970. */
  createdAt: z.int().min(0),
});

/** What is kept beside the bytes. */
export type About = z.output<typeof aboutSchema>;

/** A dictionary that somebody keeps here. */
export interface KeptDictionary extends About {
  readonly dictionary: Dictionary;
}

export interface StoreLimits {
  /** Dictionaries of one owner. */
  readonly most: number;
  /** Bytes of dictionaries that are held in memory. */
  readonly cacheBytes: number;
}

/**
 * Dictionaries by owner and id, each one blob: a line of JSON and the bytes. Two owners may have the same one; each has it for itself. What
 * is written is there whole or not at all, and at once for every process that shares the blobs.
 *
 * All of it fails with DictionariesUnavailableError when the blobs cannot be reached.
 */
export class DictionaryStore {
  /** By key, the one used last at the end. The bytes behind an id never change, but they may be removed elsewhere. */
  private readonly cache = new Map<string, { readonly kept: KeptDictionary; readonly seenAt: number }>();
  /** Ids by owner. */
  private readonly known = new Map<string, { readonly ids: readonly string[]; readonly seenAt: number }>();

  /** @param now milliseconds of a clock that never goes back. */
  constructor(
    private readonly blobs: BlobStore,
    private readonly limits: StoreLimits,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /**
   * Keeps a dictionary, durably when the promise is resolved. One that is there already stays as it is.
   *
   * @throws TooManyDictionariesError
   */
  async put(owner: string, dictionary: Dictionary, about: About): Promise<KeptDictionary> {
    // What is remembered may have been removed elsewhere: whoever is told that it is kept relies on it.
    const found = await this.lookUp(owner, dictionary.id);
    if (found) return found;
    if ((await this.ids(owner)).length >= this.limits.most) throw new TooManyDictionariesError(this.limits.most);
    const head = Buffer.from(`${JSON.stringify(about)}\n`);
    const key = keyOf(owner, dictionary.id);
    await reached(() => this.blobs.write(key, once([head, dictionary.bytes.slice()])));
    const kept = { ...about, dictionary };
    this.known.delete(hashOf(owner));
    this.remember(key, kept);
    return kept;
  }

  /** @throws DictionaryNotFoundError */
  async get(owner: string, id: string): Promise<KeptDictionary> {
    const found = DICTIONARY_ID.test(id) ? await this.find(owner, id) : undefined;
    if (!found) throw new DictionaryNotFoundError(id);
    return found;
  }

  /** Those of an owner, by id. */
  async list(owner: string): Promise<KeptDictionary[]> {
    const found: KeptDictionary[] = [];
    for (const id of await this.ids(owner)) {
      const kept = await this.find(owner, id);
      if (kept) found.push(kept);
    }
    return found;
  }

  /** @throws DictionaryNotFoundError */
  async remove(owner: string, id: string): Promise<void> {
    await this.get(owner, id);
    const key = keyOf(owner, id);
    await reached(() => this.blobs.remove(key));
    this.cache.delete(key);
    this.known.delete(hashOf(owner));
  }

  /** An owner's dictionaries, as archives name them. */
  of(owner: string): Dictionaries {
    return {
      byShortId: async (shortId) => {
        const prefix = Buffer.from(shortId).toString('hex');
        const named = (ids: readonly string[]): readonly string[] => ids.filter((id) => id.startsWith(prefix));
        const seen = this.known.get(hashOf(owner));
        const recent = seen && this.now() - seen.seenAt < BELIEVED_MS ? named(seen.ids) : [];
        const matching = recent.length > 0 ? recent : named(await this.ids(owner));
        const found = await Promise.all(matching.map((id) => this.find(owner, id)));
        return found.flatMap((kept) => (kept ? [kept.dictionary] : []));
      },
    };
  }

  private async find(owner: string, id: string): Promise<KeptDictionary | undefined> {
    const key = keyOf(owner, id);
    const cached = this.cache.get(key);
    if (cached && this.now() - cached.seenAt < BELIEVED_MS) {
      this.cache.delete(key);
      this.cache.set(key, cached);
      return cached.kept;
    }
    return await this.lookUp(owner, id);
  }

  /** In the blobs, whatever is remembered. */
  private async lookUp(owner: string, id: string): Promise<KeptDictionary | undefined> {
    const key = keyOf(owner, id);
    const read = await reached(() => this.read(key));
    // What is damaged, or does not have the bytes that its name says, is none.
    if (read?.dictionary.id !== id) {
      this.cache.delete(key);
      return undefined;
    }
    this.remember(key, read);
    return read;
  }

  private async read(key: string): Promise<KeptDictionary | undefined> {
    try {
      return keptIn(await buffer(await this.blobs.read(key)));
    } catch (error) {
      if (error instanceof BlobMissingError) return undefined;
      throw error;
    }
  }

  private async ids(owner: string): Promise<readonly string[]> {
    const wanted = hashOf(owner);
    const ids = await reached(async () => {
      const ids: string[] = [];
      for await (const { key } of this.blobs.list()) {
        const [, of, id] = KEY.exec(key) ?? [];
        if (of === wanted && id !== undefined) ids.push(id);
      }
      return ids.sort();
    });
    this.known.set(wanted, { ids, seenAt: this.now() });
    return ids;
  }

  private remember(key: string, kept: KeptDictionary): void {
    this.cache.delete(key);
    this.cache.set(key, { kept, seenAt: this.now() });
    const sizeOf = (entry: { readonly kept: KeptDictionary }): number => entry.kept.dictionary.bytes.length;
    let bytes = [...this.cache.values()].reduce((sum, entry) => sum + sizeOf(entry), 0);
    for (const [oldest, entry] of this.cache) {
      if (bytes <= this.limits.cacheBytes || this.cache.size === 1) return;
      this.cache.delete(oldest);
      bytes -= sizeOf(entry);
    }
  }
}

/** What a blob holds; undefined if that is no dictionary. */
function keptIn(blob: Buffer): KeptDictionary | undefined {
  const end = blob.indexOf(LINE_FEED);
  try {
    const about = aboutSchema.parse(JSON.parse(blob.subarray(0, Math.max(0, end)).toString()));
    return { ...about, dictionary: dictionaryOf(blob.subarray(end + 1)) };
  } catch {
    return undefined;
  }
}

/** Names of owners may have letters that keys of blobs have not. */
function hashOf(owner: string): string {
  return createHash('sha256').update(owner).digest('hex').slice(0, 32);
}

function keyOf(owner: string, id: string): string {
  return `dictionary-${hashOf(owner)}-${id}`;
}

async function* once(chunks: readonly Uint8Array[]): AsyncIterable<Uint8Array> {
  yield* chunks;
}

async function reached<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof JobsUnavailableError ? new DictionariesUnavailableError({ cause: error }) : error;
  }
}
