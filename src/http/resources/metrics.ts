import { Router } from 'express';
import { route } from '../route.js';

/** What `/metrics` shows. */
export interface MetricsText {
  readonly contentType: string;
  text(): Promise<string>;
}

/** `GET /metrics`: counts and times for Prometheus. */
export function metricsResource(metrics: MetricsText): Router {
  const router = Router({ strict: true, caseSensitive: true });
  route(router, 'get', '/metrics', async (_req, res) => {
    const text = await metrics.text();
    res.setHeader('Content-Type', metrics.contentType);
    res.end(text);
  });
  return router;
}
