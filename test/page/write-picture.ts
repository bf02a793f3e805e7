// `npm run docs:picture`: the page with its first sample, as it looks with the models that are shipped.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT, ServiceProcess } from '../e2e/process.js';
import { openBrowser, Visit } from './browser.js';
import { withPalette } from './palette-png.js';

/** What README.md may cost to look at, in bytes. */
const MOST = 150_000;
const PICTURE = join(ROOT, 'docs', 'page.png');

const service = await ServiceProcess.start({ MODELS_DIR: join(ROOT, 'models') });
const browser = await openBrowser();
try {
  const visit = await Visit.open(browser, service.url, {
    viewport: { width: 960, height: 1010 },
    reducedMotion: 'reduce',
  });
  await visit.reads('#inside-about', /in all, besides/);
  // Of a first request, the times are those of opening a model.
  await visit.page.reload();
  await visit.reads('#inside-about', /in all, besides/);
  const { height = 0, y = 0 } =
    (await visit.page.locator('section', { has: visit.page.locator('#inside') }).boundingBox()) ?? {};
  const taken = await visit.page.screenshot({
    clip: { x: 0, y: 0, width: 960, height: y + height + 16 },
    fullPage: true,
  });
  await visit.close();
  const picture = withPalette(taken);
  writeFileSync(PICTURE, picture);
  console.log(`docs/page.png: ${picture.length} bytes`);
  if (picture.length > MOST) throw new Error(`docs/page.png may have at most ${MOST} bytes`);
} finally {
  await browser.close();
  await service.stop();
}
