import { Router } from 'express';
import { NotReadyError } from '../errors.js';
import { route } from '../route.js';

/** What runs the networks, as `/health/ready` shows it. */
export interface ProviderState {
  readonly provider: string;
  /** The setting that it comes from. */
  readonly requested: string;
  /** What it multiplies in: `bytes` or `floats`, the same results. */
  readonly products: string;
  /** Workers that answer now, of those that there should be. */
  readonly workers: { readonly running: number; readonly wanted: number };
  /** Providers that were tried before it, and why they are not used. */
  readonly passedOver: readonly { readonly provider: string; readonly reason: string }[];
}

/**
 * `GET /health/live`: the process answers. `GET /health/ready`: send it traffic.
 *
 * Probes may add what they like to the query.
 */
export function healthResource(isReady: () => boolean, provider: () => ProviderState): Router {
  const router = Router({ strict: true, caseSensitive: true });
  route(router, 'get', '/health/live', (_req, res) => {
    res.json({ status: 'live' });
  });
  route(router, 'get', '/health/ready', (_req, res) => {
    if (!isReady()) throw new NotReadyError();
    res.json({ status: 'ready', ...provider() });
  });
  return router;
}
