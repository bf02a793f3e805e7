import { Router } from 'express';
import { NotReadyError } from './errors.js';
import { route } from './route.js';

/**
 * `GET /health/live`: the process answers. `GET /health/ready`: send it traffic.
 *
 * Probes may add what they like to the query.
 */
export function healthResource(isReady: () => boolean): Router {
  const router = Router({ strict: true, caseSensitive: true });
  route(router, 'get', '/health/live', (_req, res) => {
    res.json({ status: 'live' });
  });
  route(router, 'get', '/health/ready', (_req, res) => {
    if (!isReady()) throw new NotReadyError();
    res.json({ status: 'ready' });
  });
  return router;
}
