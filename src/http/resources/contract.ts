import { Router } from 'express';
import { route } from '../route.js';

/** `GET /openapi.yaml`: the contract that the tests hold this server to. */
export function contractResource(openapi: string): Router {
  const router = Router({ strict: true, caseSensitive: true });
  route(router, 'get', '/openapi.yaml', (req, res) => {
    // Whoever accepts neither can read plain text at least.
    res.setHeader('Content-Type', req.accepts(['application/yaml', 'text/plain']) || 'text/plain');
    res.vary('Accept');
    res.end(openapi);
  });
  return router;
}
