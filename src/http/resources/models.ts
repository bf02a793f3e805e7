import { Router } from 'express';
import { ModelNotFoundError } from '../../codec/errors.js';
import type { ModelDescription } from '../ports.js';
import { refuseQuery } from '../query.js';
import { route } from '../route.js';

/** `GET /v1/models` and `GET /v1/models/{id}` */
export function modelsResource(models: readonly ModelDescription[]): Router {
  const router = Router({ strict: true, caseSensitive: true });
  route(router, 'get', '/v1/models', refuseQuery(), (_req, res) => {
    res.json({ models });
  });
  route(router, 'get', '/v1/models/:id', refuseQuery(), (req, res) => {
    const id = String(req.params.id);
    const found = models.find((model) => model.id === id);
    if (!found)
      throw new ModelNotFoundError(
        id.slice(0, 64),
        models.map((model) => model.id),
      );
    res.json(found);
  });
  return router;
}
