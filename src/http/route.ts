import type { RequestHandler, Router } from 'express';
import { MethodNotAllowedError } from './errors.js';

const ALLOW = { get: ['GET', 'HEAD'], post: ['POST'], put: ['PUT'], delete: ['DELETE'] } as const;

/** Of all resources together. */
export const EVERY_METHOD: readonly string[] = [...Object.values(ALLOW).flat(), 'OPTIONS'];

/** Adds a resource with one method; every other one is answered with 405. */
export function route(router: Router, method: 'get' | 'post', path: string, ...handlers: RequestHandler[]): void {
  resource(router, path, { [method]: handlers });
}

/** Adds a resource with the handlers of its methods. OPTIONS tells which they are; every other one is answered with 405. */
export function resource(
  router: Router,
  path: string,
  methods: { readonly [Method in keyof typeof ALLOW]?: RequestHandler[] },
): void {
  const allow: string[] = [];
  const added = router.route(path);
  for (const method of ['get', 'post', 'put', 'delete'] as const) {
    const handlers = methods[method];
    if (!handlers) continue;
    added[method](...handlers);
    allow.push(...ALLOW[method]);
  }
  allow.push('OPTIONS');
  added.options(allowing(allow));
  added.all((req) => {
    throw new MethodNotAllowedError(req.method, allow.join(', '));
  });
}

/** `OPTIONS *`: what the server as a whole can do (RFC 9110, 9.3.7). */
export function serverOptions(): RequestHandler {
  const answer = allowing(EVERY_METHOD);
  return (req, res, next) => {
    if (req.url === '*') answer(req, res, next);
    else next();
  };
}

function allowing(methods: readonly string[]): RequestHandler {
  return (_req, res) => {
    res.setHeader('Allow', methods.join(', '));
    res.status(204).end();
  };
}
