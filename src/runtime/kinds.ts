import { CONTEXT_MODELS } from '../bytes/kind.js';
import { PICTURE_MODELS } from '../pictures/kind.js';
import { SOUND_MODELS } from '../sound/kind.js';
import type { Kinds } from './model.js';

/** The kinds of model that ship. */
export const KINDS: Kinds = {
  [CONTEXT_MODELS.name]: CONTEXT_MODELS,
  [PICTURE_MODELS.name]: PICTURE_MODELS,
  [SOUND_MODELS.name]: SOUND_MODELS,
};
