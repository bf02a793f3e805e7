/**
 * Entry of a worker thread of the pool.
 * @module
 */
import { KINDS } from './kinds.js';
import { serveModels } from './serve-models.js';

await serveModels(KINDS);
