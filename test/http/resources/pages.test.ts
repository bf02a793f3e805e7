import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { type Page, policyOf } from '../../../src/http/resources/pages.js';
import { failure, TestServer } from '../harness.js';

const KEY = 'f5c8d5d6a4d1f9d5cbbc4a4dbb8e5d3b6b0ff2a2ef4a1c1c6ad4bb9f3f1d7e62';

function page(html: string): Page {
  return { html, br: brotliCompressSync(html), gzip: gzipSync(html) };
}

const TRY = page('<!doctype html><style>p{}</style><p>é</p><script>let a;</script>');
const DOCS = page('<!doctype html><style>b{}</style><script>let b;</script>');

/** Node's fetch would add `no-cache` to a condition, and that asks for the whole page. */
const REVALIDATE = { 'Cache-Control': 'max-age=0' };

const sha256 = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

describe('the pages', () => {
  let server: TestServer;
  before(async () => {
    // With keys, and a limit that the second request would meet.
    server = await TestServer.start({
      pages: { try: TRY, docs: DOCS },
      apiKeys: [{ name: 'a', hash: KEY }],
      rateLimit: { requests: 1, windowSeconds: 60 },
    });
  });
  after(() => server.stop());

  const get = (path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Response> =>
    fetch(server.url + path, { method, headers });

  for (const [path, { html }] of [
    ['/', TRY],
    ['/docs', DOCS],
  ] as const) {
    for (const coding of ['br', 'gzip', 'identity']) {
      it(`are sent at ${path} as ${coding} to whoever accepts that`, async () => {
        const answer = await get(path, { 'Accept-Encoding': coding });
        assert.equal(answer.status, 200);
        assert.equal(answer.headers.get('content-type'), 'text/html; charset=utf-8');
        assert.equal(answer.headers.get('content-encoding'), coding === 'identity' ? null : coding);
        assert.match(answer.headers.get('vary') ?? '', /Accept-Encoding/);
        assert.equal(await answer.text(), html);
      });
    }

    it(`are not sent again at ${path} to whoever has them`, async () => {
      const first = await get(path);
      const etag = first.headers.get('etag') ?? '';
      assert.match(etag, /^W\/"[\w-]{43}"$/);
      assert.equal(first.headers.get('cache-control'), 'no-cache');
      const again = await get(path, { 'If-None-Match': etag, ...REVALIDATE });
      assert.deepEqual([again.status, again.headers.get('etag'), await again.text()], [304, etag, '']);
      // RFC 9110, 15.4.5: those of the answer that it stands for.
      for (const name of ['vary', 'cache-control', 'content-security-policy'])
        assert.equal(again.headers.get(name), first.headers.get(name), name);
      assert.equal((await get(path, { 'If-None-Match': '"other"', ...REVALIDATE })).status, 200);
    });

    it(`let run what is in them at ${path}, and nothing else`, async () => {
      const policy = (await get(path)).headers.get('content-security-policy') ?? '';
      const directives = new Map(
        policy.split(';').map((one) => [one.split(' ')[0], one.split(' ').slice(1).join(' ')]),
      );
      assert.equal(directives.get('default-src'), "'none'");
      assert.equal(directives.get('script-src'), sha256(path === '/' ? 'let a;' : 'let b;'));
      assert.equal(directives.get('style-src'), sha256(path === '/' ? 'p{}' : 'b{}'));
      assert.equal(directives.get('connect-src'), "'self'");
      for (const name of ['base-uri', 'form-action', 'frame-ancestors']) assert.equal(directives.get(name), "'none'");
      assert.doesNotMatch(policy, /unsafe|\*|http|blob/);
      if (path === '/') assert.match(policy, /require-trusted-types-for 'script';trusted-types 'none'$/);
    });

    it(`answer HEAD and OPTIONS at ${path}, and refuse the rest`, async () => {
      const head = await get(path, {}, 'HEAD');
      assert.deepEqual([head.status, await head.text()], [200, '']);
      const options = await get(path, {}, 'OPTIONS');
      assert.deepEqual([options.status, options.headers.get('allow')], [204, 'GET, HEAD, OPTIONS']);
      const post = await get(path, {}, 'POST');
      assert.equal(post.status, 405);
      // What is no page keeps the policy that lets nothing run.
      assert.match(post.headers.get('content-security-policy') ?? '', /^default-src 'none';frame-ancestors 'none'$/);
    });
  }

  it('are not there unless they are given', async () => {
    const without = await TestServer.start();
    for (const path of ['/', '/docs']) assert.deepEqual(failure(await without.send(path)), [404, 'not-found']);
    await without.stop();
  });

  it('name every script and style in the policy', () => {
    const policy = policyOf('<style>a</style><script>b</script><script>c\n</script>');
    assert.ok(policy.includes(`script-src ${sha256('b')} ${sha256('c\n')}`));
    assert.ok(policy.includes(`style-src ${sha256('a')}`));
  });
});
