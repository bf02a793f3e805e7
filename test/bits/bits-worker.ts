/**
 * A worker of the pool that knows bits besides what ships.
 * @module
 */
import { serveModels } from '../../src/runtime/serve-models.js';
import { KINDS_WITH_BITS } from './bits-kind.js';

await serveModels(KINDS_WITH_BITS);
