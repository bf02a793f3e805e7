import type { RequestHandler, Router } from 'express';
import { MethodNotAllowedError } from './errors.js';

/** Adds a resource with one method; every other one is answered with 405. */
export function route(router: Router, method: 'get' | 'post', path: string, ...handlers: RequestHandler[]): void {
  const allow = method === 'get' ? 'GET, HEAD' : 'POST';
  router
    .route(path)
    [method](...handlers)
    .all((req) => {
      throw new MethodNotAllowedError(req.method, allow);
    });
}
