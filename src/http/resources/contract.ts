import { Router } from 'express';
import { route } from '../route.js';

/** `GET /openapi.yaml`: the contract that the tests hold this server to. */
export function contractResource(openapi: string): Router {
  const router = Router({ strict: true, caseSensitive: true });
  route(router, 'get', '/openapi.yaml', (_req, res) => {
    res.setHeader('Content-Type', 'application/yaml');
    res.end(openapi);
  });
  return router;
}
