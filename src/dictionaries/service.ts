import type { Dictionaries, Dictionary } from '../codec/dictionary.js';
import type { FrameCodec } from '../codec/frames.js';
import type { CodecModel } from '../codec/models.js';
import { type Gains, makeDictionary } from './make.js';
import type { DictionaryStore, KeptDictionary } from './store.js';

/** What dictionaries need of the codec. */
export interface DictionaryCodec {
  readonly frames: Pick<FrameCodec, 'compress'>;
  /** @throws ModelNotFoundError */
  modelOf(id: string): CodecModel;
}

/** What is asked of a dictionary that is to be made. */
export interface MakeRequest {
  /** Bytes at most, 1 to MOST_DICTIONARY_BYTES. */
  readonly size: number;
  /** Id of the model that it is measured with, and that is meant where a bare frame names none; `auto`: the default. */
  readonly model: string;
  readonly signal: AbortSignal;
}

/** Dictionaries, made, kept, and found again. */
export class DictionaryService {
  constructor(
    private readonly store: DictionaryStore,
    private readonly codec: DictionaryCodec,
    private readonly now: () => number = () => Date.now(),
  ) {}

  /**
   * Makes a dictionary of samples, and keeps it whether it helps or not: what it gains is told.
   *
   * @throws InvalidSamplesError, ModelNotFoundError, DictionaryNotForModelError, TooManyDictionariesError, DictionariesUnavailableError
   */
  async make(
    owner: string,
    samples: readonly Uint8Array[],
    { size, model: id, signal }: MakeRequest,
  ): Promise<KeptDictionary & { readonly gains: Gains }> {
    const model = this.codec.modelOf(id);
    const { dictionary, gains } = await makeDictionary(samples, { frames: this.codec.frames, model, size, signal });
    return { ...(await this.put(owner, dictionary, model.id)), gains };
  }

  /** Keeps a dictionary that was made before. @throws ModelNotFoundError, TooManyDictionariesError, DictionariesUnavailableError */
  async put(owner: string, dictionary: Dictionary, model: string): Promise<KeptDictionary> {
    return await this.store.put(owner, dictionary, { model: this.codec.modelOf(model).id, createdAt: this.now() });
  }

  /** @throws DictionaryNotFoundError, DictionariesUnavailableError */
  get(owner: string, id: string): Promise<KeptDictionary> {
    return this.store.get(owner, id);
  }

  list(owner: string): Promise<KeptDictionary[]> {
    return this.store.list(owner);
  }

  /** @throws DictionaryNotFoundError, DictionariesUnavailableError */
  remove(owner: string, id: string): Promise<void> {
    return this.store.remove(owner, id);
  }

  of(owner: string): Dictionaries {
    return this.store.of(owner);
  }
}
