import { Router } from 'express';
import { route } from '../route.js';

const CONTRACT_TYPE = 'application/yaml';

/** `GET /openapi.yaml`: the contract that the tests hold this server to. */
export function contractResource(openapi: string): Router {
  const router = Router({ strict: true, caseSensitive: true });
  route(router, 'get', '/openapi.yaml', (req, res) => {
    res.setHeader('Content-Type', req.accepts([CONTRACT_TYPE, 'text/plain']) || CONTRACT_TYPE);
    res.vary('Accept');
    res.end(openapi);
  });
  return router;
}
