import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { z } from 'zod';
import { chromiumPath } from './chromium.js';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

const violations = z.array(
  z.object({
    id: z.string(),
    impact: z.string().nullish(),
    nodes: z.array(z.object({ target: z.array(z.unknown()) })),
  }),
);

/** Opens Chromium. Its sandbox needs rights that containers, and root, do not have. */
export function openBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: chromiumPath(),
    args: ['--no-sandbox', '--disable-dev-shm-usage', '--disable-lcd-text'],
  });
}

/** A page in a browser that reports what must not happen: errors, breaches of the policy, and requests to other origins. */
export class Visit {
  readonly faults: string[] = [];
  /** Bytes over the wire, of all answers. */
  readonly received: { readonly path: string; readonly bytes: number }[] = [];

  private constructor(
    readonly page: Page,
    private readonly origin: string,
    /** Console messages that the test brings about. */
    private readonly expected: RegExp | undefined,
  ) {}

  /** @param expected messages of the console that are no fault, such as of a refusal that the test brings about. */
  static async open(
    browser: Browser,
    url: string,
    options: BrowserContextOptions & { readonly expected?: RegExp; readonly path?: string } = {},
  ): Promise<Visit> {
    const { expected, path = '/', ...context } = options;
    const opened = await browser.newContext({ viewport: { width: 1240, height: 900 }, ...context });
    opened.setDefaultTimeout(60_000);
    const visit = new Visit(await opened.newPage(), new URL(url).origin, expected);
    await visit.listen();
    await visit.page.goto(url + path);
    // The script begins once the page was painted.
    if (path === '/') await visit.page.locator('#samples button').first().waitFor();
    return visit;
  }

  private async listen(): Promise<void> {
    const { page, origin, faults } = this;
    page.on('pageerror', (error) => faults.push(`error: ${error.message}`));
    page.on('console', (message) => {
      const isFault = ['error', 'warning'].includes(message.type()) && !this.expected?.test(message.text());
      if (isFault) faults.push(`console: ${message.text()}`);
    });
    page.on('request', (request) => {
      const { protocol, origin: to } = new URL(request.url());
      if (to !== origin && protocol !== 'data:' && protocol !== 'blob:') faults.push(`request: ${request.url()}`);
    });
    page.on('requestfinished', async (request) => {
      const sizes = await request.sizes().catch(() => undefined);
      if (sizes) this.received.push({ path: new URL(request.url()).pathname, bytes: sizes.responseBodySize });
    });
    await page.addInitScript(`addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI }) => {
      console.error('policy: ' + violatedDirective + ' ' + blockedURI);
    })`);
  }

  /** The text of an element, once it fits. */
  async reads(selector: string, expected: RegExp): Promise<string> {
    const found = this.page.locator(selector).filter({ hasText: expected }).first();
    await found.waitFor();
    return (await found.textContent()) ?? '';
  }

  /** Waits for what is estimated. */
  async estimated(): Promise<void> {
    await this.page.locator('#estimate[aria-busy="false"]').waitFor();
  }

  /** What axe-core finds that is serious or worse. It is run beside the page, whose policy lets nobody add a script. */
  async barriers(): Promise<string[]> {
    const client = await this.page.context().newCDPSession(this.page);
    await client.send('Runtime.evaluate', { expression: AXE });
    const { result, exceptionDetails } = await client.send('Runtime.evaluate', {
      expression: 'axe.run().then((found) => JSON.stringify(found.violations))',
      awaitPromise: true,
      returnByValue: true,
    });
    assert.equal(exceptionDetails, undefined);
    const found = violations.parse(JSON.parse(z.string().parse(result.value)));
    return found
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .map(({ id, nodes }) => `${id}: ${JSON.stringify(nodes.map(({ target }) => target))}`);
  }

  /** Closes it, after a last look at what must not have happened. */
  async close(): Promise<void> {
    await this.page.context().close();
    assert.deepEqual(this.faults, []);
  }
}
