/**
 * npm run bench:first-paint [-- --visits N]: how long the page at `/` takes from the request until something is seen, in Chromium, each time as a first
 * visit (a new context, nothing kept); and beside it the smallest answer of the same server, which is what the browser itself takes.
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { ROOT, ServiceProcess } from '../e2e/process.js';
import { openBrowser } from '../page/browser.js';
import { median } from './client.js';

const TARGET_MS = 300;
const { values } = parseArgs({ options: { visits: { type: 'string', default: '9' } } });

const seenSchema = z.object({
  /** Milliseconds from the beginning of the visit. */
  answered: z.number(),
  received: z.number(),
  parsed: z.number(),
  painted: z.number(),
});
type Seen = z.output<typeof seenSchema>;

/** In the page: what it took, once something is painted. */
const SEEN = `new Promise((resolve) => {
  new PerformanceObserver((list) => {
    const paint = list.getEntriesByName('first-contentful-paint')[0];
    const [visit] = performance.getEntriesByType('navigation');
    if (!paint) return;
    resolve({ answered: visit.responseStart, received: visit.responseEnd, parsed: visit.domInteractive, painted: paint.startTime });
  }).observe({ type: 'paint', buffered: true });
})`;

const service = await ServiceProcess.start({ MODELS_DIR: join(ROOT, 'models') });
const browser = await openBrowser();

async function visit(path: string): Promise<Seen> {
  const context = await browser.newContext({ viewport: { width: 1240, height: 900 } });
  try {
    const page = await context.newPage();
    await page.goto(service.url + path, { waitUntil: 'commit' });
    return seenSchema.parse(await page.evaluate(SEEN));
  } finally {
    await context.close();
  }
}

try {
  const paths = { '/': 'the page', '/health/live': 'the smallest answer' };
  const seen = new Map<string, Seen[]>(Object.keys(paths).map((path) => [path, []]));
  // In turn, so that what else the machine does slows both.
  for (let i = 0; i <= Number(values.visits); i++) {
    for (const [path, each] of seen) {
      const one = await visit(path);
      // The first of each warms the server and the browser up.
      if (i > 0) each.push(one);
    }
  }
  console.log('milliseconds, medians: answered, received, parsed, painted');
  const middle = (path: string, what: keyof Seen): number => median((seen.get(path) ?? []).map((one) => one[what]));
  for (const [path, name] of Object.entries(paths)) {
    const columns = (['answered', 'received', 'parsed', 'painted'] as const).map((what) =>
      middle(path, what).toFixed(0),
    );
    console.log(`${name.padEnd(20)} ${columns.map((column) => column.padStart(6)).join('')}`);
  }
  const [ours, least] = [middle('/', 'painted'), middle('/health/live', 'painted')];
  console.log(
    `first paint: ${ours.toFixed(0)} ms (target: ${TARGET_MS}), ${(ours / least).toFixed(2)} x the smallest answer`,
  );
} finally {
  await browser.close();
  await service.stop();
}
