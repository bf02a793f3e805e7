import type { Request } from 'express';
import { type Dictionaries, type Dictionary, dictionaryOf, onlyDictionary } from '../codec/dictionary.js';
import { DictionaryMismatchError } from '../dictionaries/errors.js';
import type { DictionaryService } from '../dictionaries/service.js';
import { ownerOf } from './guards/owner.js';

/** A dictionary that a request uses, and the model that was kept with it, if it is kept here. */
export interface Used {
  readonly dictionary: Dictionary;
  readonly model?: string;
}

/**
 * The dictionary that a request names, or whose bytes it brings along; if it does both, they must be the same.
 *
 * @throws DictionaryNotFoundError, DictionaryMismatchError, InvalidDictionaryError, DictionariesUnavailableError
 */
export async function dictionaryUsed(
  req: Request,
  service: DictionaryService,
  id: string | undefined,
  content?: Uint8Array,
): Promise<Used | undefined> {
  if (content) {
    const dictionary = dictionaryOf(content);
    if (id !== undefined && id !== dictionary.id) throw new DictionaryMismatchError(id, dictionary.id);
    return { dictionary };
  }
  return id === undefined ? undefined : await service.get(ownerOf(req), id);
}

/** Where the dictionary of an archive is sought: what the request says, or all that its caller keeps here. */
export function dictionariesFor(req: Request, service: DictionaryService, used: Used | undefined): Dictionaries {
  return used ? onlyDictionary(used.dictionary) : service.of(ownerOf(req));
}
