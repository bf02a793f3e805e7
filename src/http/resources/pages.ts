import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { type RequestHandler, Router } from 'express';
import { constantText } from '../answers/text.js';
import { route } from '../route.js';

/** A page as scripts/build-pages.mjs made it: one file with all that it needs, and the same file compressed. */
export interface Page {
  readonly html: string;
  readonly br: Buffer;
  readonly gzip: Buffer;
}

/** What a person may open in a browser. */
export interface Pages {
  /** At `/`: to try the service. */
  readonly try: Page;
  /** At `/docs`: the contract. */
  readonly docs: Page;
}

/** @param folder that of the build. */
export async function readPages(folder: URL): Promise<Pages> {
  const page = async (name: string): Promise<Page> => ({
    html: await readFile(new URL(`${name}.html`, folder), 'utf8'),
    br: await readFile(new URL(`${name}.html.br`, folder)),
    gzip: await readFile(new URL(`${name}.html.gz`, folder)),
  });
  return { try: await page('try'), docs: await page('docs') };
}

/** `GET /` and `GET /docs`: for people, not for programs, so they are not in the contract. */
export function pagesResource(pages: Pages): Router {
  const router = Router({ strict: true, caseSensitive: true });
  // Nothing but text is ever put into this page, and browsers hold its scripts to that.
  const strict = ["require-trusted-types-for 'script'", "trusted-types 'none'"];
  route(router, 'get', '/', ...constantPage(pages.try, strict));
  route(router, 'get', '/docs', ...constantPage(pages.docs, []));
  return router;
}

function constantPage({ html, br, gzip }: Page, directives: readonly string[]): RequestHandler[] {
  const policy = [...policyOf(html), ...directives].join(';');
  // Weak, since all codings have the same one.
  const tag = `W/"${createHash('sha256').update(html).digest('base64url')}"`;
  const text = constantText(['text/html; charset=utf-8'], html, { br: async () => br, gzip: async () => gzip });
  const headers: RequestHandler = (req, res, next) => {
    res.setHeader('Content-Security-Policy', policy);
    // To be asked for again each time, which costs a 304: another version of the server has another page.
    res.setHeader('Cache-Control', 'no-cache');
    res.setHeader('ETag', tag);
    res.vary('Accept, Accept-Encoding');
    if (req.fresh) res.status(304).end();
    else next();
  };
  return [headers, text];
}

/**
 * The scripts and styles that a page has, by their hashes, and nothing else: neither of others nor of this server, whose answers
 * may be anybody's scripts (the result of a job is what somebody sent).
 */
export function policyOf(html: string): string[] {
  const hashes = (element: 'script' | 'style'): string =>
    [...html.matchAll(new RegExp(`<${element}>([^]*?)</${element}>`, 'g'))]
      .map(([, content = '']) => `'sha256-${createHash('sha256').update(content).digest('base64')}'`)
      .join(' ');
  return [
    "default-src 'none'",
    `script-src ${hashes('script')}`,
    `style-src ${hashes('style')}`,
    'img-src data:',
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ];
}
