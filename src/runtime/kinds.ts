import { CONTEXT_MODELS } from '../bytes/kind.js';
import type { Kinds } from './model.js';

/** The kinds of model that ship. */
export const KINDS: Kinds = { [CONTEXT_MODELS.name]: CONTEXT_MODELS };
