import type { Request } from 'express';

/** Who a request comes from: what it makes belongs to them alone. Without keys, everybody is the same. */
export function ownerOf(_req: Request): string {
  return 'anonymous';
}
