import { Router } from 'express';
import { constantText } from '../answers/text.js';
import { route } from '../route.js';

/** `GET /openapi.yaml`: the contract that the tests hold this server to. */
export function contractResource(openapi: string): Router {
  const router = Router({ strict: true, caseSensitive: true });
  route(router, 'get', '/openapi.yaml', constantText(['application/yaml', 'text/plain'], openapi));
  return router;
}
