import type { RequestHandler, Router } from 'express';
import { MethodNotAllowedError } from './errors.js';

const ALLOW = { get: 'GET, HEAD', post: 'POST', delete: 'DELETE' } as const;

/** Adds a resource with one method; every other one is answered with 405. */
export function route(router: Router, method: 'get' | 'post', path: string, ...handlers: RequestHandler[]): void {
  resource(router, path, { [method]: handlers });
}

/** Adds a resource with the handlers of its methods; every other one is answered with 405. */
export function resource(
  router: Router,
  path: string,
  methods: { readonly [Method in keyof typeof ALLOW]?: RequestHandler[] },
): void {
  const allow: string[] = [];
  const added = router.route(path);
  for (const method of ['get', 'post', 'delete'] as const) {
    const handlers = methods[method];
    if (!handlers) continue;
    added[method](...handlers);
    allow.push(ALLOW[method]);
  }
  added.all((req) => {
    throw new MethodNotAllowedError(req.method, allow.join(', '));
  });
}
