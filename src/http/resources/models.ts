import { type RequestHandler, Router } from 'express';
import { ModelNotFoundError } from '../../codec/errors.js';
import { callsOf } from '../../codec/models.js';
import { samplesOf } from '../../containers/geometry.js';
import { writePng } from '../../containers/png/write.js';
import type { RequestClasses } from '../guards/request-classes.js';
import type { CompressionCodec, ModelDescription } from '../ports.js';
import { refuseQuery, sampleQuery } from '../query.js';
import { contextOf } from '../request-context.js';
import { route } from '../route.js';

export interface ModelsOptions {
  readonly codec: CompressionCodec;
  readonly models: readonly ModelDescription[];
  readonly classes: RequestClasses;
}

/** `GET /v1/models`, `GET /v1/models/{id}` and `GET /v1/models/{id}/sample` */
export function modelsResource({ codec, models, classes }: ModelsOptions): Router {
  const router = Router({ strict: true, caseSensitive: true });
  route(router, 'get', '/v1/models', refuseQuery(), (_req, res) => {
    res.json({ models });
  });
  route(router, 'get', '/v1/models/:id', refuseQuery(), (req, res) => {
    res.json(modelOf(models, String(req.params.id)));
  });
  route(router, 'get', '/v1/models/:id/sample', sample(codec, models, classes));
  return router;
}

/** What a model makes of random bits: text, or a picture. */
function sample(codec: CompressionCodec, models: readonly ModelDescription[], classes: RequestClasses): RequestHandler {
  return async (req, res) => {
    const { id } = modelOf(models, String(req.params.id));
    const model = codec.modelOf(id);
    const { content } = model.kind;
    const query = sampleQuery(req, content);
    const { signal } = contextOf(req);
    const isPicture = content === 'pictures';
    const size = isPicture ? samplesOf(query.pixels) : query.length;
    // All pictures that are drawn are decoded in a few calls, and sound, which is refused, in none.
    const networkCalls =
      content === 'bytes' ? model.kind.totalCalls(size, model.kind.dial(callsOf(model, query.calls), size)) : 0;
    const drawn = await classes
      .forWork(size, networkCalls)
      .run(signal, () => codec.sample({ ...query, model: id, signal }));
    const bytes = isPicture ? writePng(drawn, query.pixels) : drawn;
    res.setHeader('Content-Type', isPicture ? 'image/png' : 'text/plain; charset=utf-8');
    res.setHeader('Content-Length', bytes.length);
    res.end(bytes);
  };
}

/** @throws ModelNotFoundError */
function modelOf(models: readonly ModelDescription[], id: string): ModelDescription {
  const found = models.find((model) => model.id === id);
  if (found) return found;
  throw new ModelNotFoundError(
    id.slice(0, 64),
    models.map((model) => model.id),
  );
}
