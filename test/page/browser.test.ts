import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { Browser } from 'playwright-core';
import { pngFile, rowsOf } from '../containers/files.js';
import { ROOT, ServiceProcess, TINY_MODELS } from '../e2e/process.js';
import { until } from '../until.js';
import { openBrowser, Visit } from './browser.js';
import { skip } from './chromium.js';
import { ProxyBelow } from './proxy-below.js';

const KEY = { value: 'secret', entry: 'page:2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b' };

describe('the pages in a browser', { skip }, () => {
  let service: ServiceProcess;
  let locked: ServiceProcess;
  let browser: Browser;
  let models: string;
  before(async () => {
    // The small models of the tests, and those of pictures and sound.
    models = await mkdtemp(join(tmpdir(), 'ardm-page-models-'));
    for (const id of ['tiny-a', 'tiny-b', 'tiny-c']) await symlink(join(TINY_MODELS, id), join(models, id));
    for (const id of ['pictures-1', 'sound-1']) await symlink(join(ROOT, 'models', id), join(models, id));
    [service, locked, browser] = await Promise.all([
      ServiceProcess.start({ MAX_UPLOAD_BYTES: '100000', MODELS_DIR: models }),
      ServiceProcess.start({ API_KEYS: KEY.entry }),
      openBrowser(),
    ]);
  });
  after(async () => {
    await browser?.close();
    await ServiceProcess.killAll();
    await rm(models, { recursive: true });
  });

  const open = (options?: Parameters<typeof Visit.open>[2]): Promise<Visit> =>
    Visit.open(browser, service.url, options);
  const upload = (visit: Visit, name: string, buffer: Buffer): Promise<void> =>
    visit.page.locator('#file').setInputFiles({ name, mimeType: 'application/octet-stream', buffer });

  it('show the sizes of a sample at once, and cost at most 150 KB', async () => {
    const visit = await open();
    await visit.estimated();
    assert.match(await visit.reads('#size', /bytes/), /^[\d,]+ bytes$/);
    const peers = await visit.page.locator('#bars th').allTextContents();
    assert.deepEqual([peers[0], peers[1], peers.at(-1)], ['As it is', 'gzip -9', 'ARDM']);
    const shown = await visit.page.locator('#inside').textContent();
    assert.equal(shown?.replaceAll('↵', ''), await visit.page.locator('#text').inputValue());
    await visit.page.waitForLoadState('networkidle');
    assert.ok(visit.received.some(({ path }) => path === '/'));
    const bytes = visit.received.reduce((sum, one) => sum + one.bytes, 0);
    assert.ok(bytes > 10_000 && bytes <= 150_000, `${bytes} bytes`);
    await visit.close();
  });

  it('show another size at another turn of the dial, of every model and sample', async () => {
    const visit = await open();
    await visit.page.selectOption('#model', 'tiny-a');
    await visit.page.locator('#samples button', { hasText: 'JSON' }).click();
    await visit.page.locator('#input-size').filter({ hasText: /bytes/ }).waitFor();
    await visit.reads(
      '#bars tr:first-child td:last-child',
      new RegExp(`^${digits(await visit.reads('#input-size', /bytes/))}$`),
    );
    await visit.estimated();
    const dial = visit.page.locator('#dial');
    const steps = Number(await dial.getAttribute('max'));
    assert.ok(steps >= 7);
    const told = new Set<string>();
    for (const at of [0, Math.floor(steps / 2), steps]) {
      await dial.fill(String(at));
      told.add((await dial.getAttribute('aria-valuetext')) ?? '');
      const [, calls, size] = /^(\d+) calls.*: (.*)$/.exec([...told].at(-1) ?? '') ?? [];
      assert.equal(await visit.page.locator('#size').textContent(), size);
      assert.equal(await visit.page.locator('#ticks .on b').textContent(), calls);
    }
    assert.equal(told.size, 3);
    // A click on the plot turns it as well.
    await visit.page.locator('#plots .hit').first().click();
    assert.match((await dial.getAttribute('aria-valuetext')) ?? '', /^1 calls/);
    await visit.close();
  });

  it('compress a file, hand the archive out, and compare what comes back', async () => {
    const visit = await open();
    await upload(visit, 'hello.bin', Buffer.from([0, 1, 2, ...Buffer.from('hello hello hello hello')]));
    await visit.reads('#file-name', /hello\.bin/);
    await visit.page.click('#compress');
    await visit.reads('#steps', /26 bytes became \d+ bytes/);
    const [saved] = await Promise.all([visit.page.waitForEvent('download'), visit.page.click('#save-archive')]);
    assert.equal(saved.suggestedFilename(), 'hello.bin.ardm');
    const archive = await readFile(await saved.path());
    await visit.page.click('#decompress');
    const said = await visit.reads('#steps .same', /bit for bit/);
    const file = Buffer.from([0, 1, 2, ...Buffer.from('hello hello hello hello')]);
    assert.ok(said.includes(createHash('sha256').update(file).digest('hex')));
    const [back] = await Promise.all([visit.page.waitForEvent('download'), visit.page.click('#save-original')]);
    assert.equal(back.suggestedFilename(), 'hello.bin');
    assert.deepEqual(await readFile(await back.path()), file);
    // And an archive that is brought along.
    await upload(visit, 'hello.bin.ardm', archive);
    await visit.reads('#steps', /This is an archive/);
    await visit.page.click('#decompress');
    await visit.reads('#steps', /became 26 bytes/);
    await visit.close();
  });

  it('compute SHA-256 where the browser does not, and say where it does not copy', async () => {
    // As for a page over HTTP from another machine.
    const visit = await Visit.open(browser, 'about:blank', { path: '' });
    await visit.page.addInitScript(`
      Object.defineProperty(globalThis, 'isSecureContext', { value: false });
      Object.defineProperty(crypto, 'subtle', { value: undefined });
      Object.defineProperty(navigator, 'clipboard', { value: undefined });
    `);
    await visit.page.goto(service.url);
    await visit.page.locator('#samples button').first().waitFor();
    visit.faults.length = 0;
    const text = await visit.page.locator('#text').inputValue();
    await visit.page.click('#compress');
    await visit.page.click('#decompress');
    const said = await visit.reads('#steps .same', /SHA-256/);
    assert.ok(said.includes(createHash('sha256').update(text).digest('hex')));
    await visit.page.click('#copy');
    await visit.reads('#copied', /does not let this page copy/);
    await visit.page.context().close();
  });

  it('take dropped files and pasted ones', async () => {
    const visit = await open();
    for (const kind of ['drop', 'paste'] as const) {
      const event =
        kind === 'drop'
          ? 'new DragEvent("drop", { dataTransfer: data,'
          : 'new ClipboardEvent("paste", { clipboardData: data,';
      await visit.page.evaluate(`{
        const data = new DataTransfer();
        data.items.add(new File(['dropped or pasted'], '${kind}.txt'));
        document.querySelector('#drop').dispatchEvent(${event} bubbles: true, cancelable: true }));
      }`);
      await visit.reads('#input-size', /^17 bytes$/);
      await visit.page.click('#compress');
      await visit.reads('#steps', /17 bytes became/);
      assert.match(await visit.reads('#recipe', /curl/), new RegExp(`@${kind}\\.txt`));
      await visit.page.locator('#samples button').first().click();
    }
    await visit.close();
  });

  it('make a dictionary, show the gain, use it and remove it', async () => {
    const visit = await open();
    await visit.page.click('#make');
    await visit.reads('#dictionary-error', /no records/);
    await visit.page.click('#example');
    await visit.page.click('#make');
    const id =
      /Dictionary ([0-9a-f]{8}),/.exec(await visit.reads('#dictionary-told', /Dictionary [0-9a-f]{8}/))?.[1] ?? '';
    const sizes = await visit.page.locator('#gains td:last-child').allTextContents();
    assert.equal(sizes.length, 4);
    assert.ok(Number(sizes[3]?.replace(',', '')) < Number(sizes[2]?.replace(',', '')), `${sizes}`);
    const [saved] = await Promise.all([visit.page.waitForEvent('download'), visit.page.click('#backup')]);
    const hash = createHash('sha256')
      .update(await readFile(await saved.path()))
      .digest('hex');
    assert.equal(hash.slice(0, 8), id);
    const records = await visit.page.locator('#records').inputValue();
    await visit.page.fill('#text', records.slice(0, 2_000));
    await visit.page.selectOption('#model', 'tiny-a');
    await visit.page.click('#compress');
    await visit.reads('#steps', /became/);
    await visit.page.click('#use');
    const used = (): Promise<boolean> =>
      visit.page.evaluate(`document.querySelector('#dictionary').value === '${hash}'`);
    await until(used, 'the dictionary is not used');
    assert.equal(await visit.page.locator('#steps li').count(), 0);
    await visit.page.click('#compress');
    await visit.reads('#steps', /became/);
    // The models of the tests are too small to gain much; that it was used, the archive says.
    const [archive] = await Promise.all([visit.page.waitForEvent('download'), visit.page.click('#save-archive')]);
    const inspected = await service.post('/v1/inspect', await readFile(await archive.path()));
    assert.equal((JSON.parse(inspected.body.toString()) as { dictionary?: string }).dictionary, id);
    await visit.page.click('#decompress');
    await visit.reads('#steps .same', /bit for bit/);
    await visit.page.click('#remove');
    await visit.reads('#dictionary-told', /is removed/);
    assert.deepEqual(await visit.page.locator('#dictionary option').allTextContents(), ['none']);
    await visit.close();
  });

  it('say in a sentence why the server refused, or is not there', async () => {
    const visit = await open({ expected: /Failed to load resource/ });
    await upload(visit, 'large.bin', Buffer.alloc(100_001));
    await visit.reads('#estimate-error', /^[A-Z].*100,?000.*\.$/);
    await visit.page.click('#compress');
    await visit.reads('#trip-error', /^[A-Z].*100,?000.*\.$/);
    await visit.page.context().setOffline(true);
    await visit.page.click('#dream');
    await visit.reads('#dream-error', /cannot be reached/);
    await visit.close();
  });

  it('ask for a key where the server wants one, and keep it in the tab alone', async () => {
    const visit = await Visit.open(browser, locked.url, { expected: /status of 401/ });
    await visit.reads('#estimate-error', /key/i);
    await visit.page.fill('#key', KEY.value);
    await visit.page.keyboard.press('Enter');
    await visit.reads('#size', /bytes/);
    assert.equal(await visit.page.locator('#estimate-error').textContent(), '');
    await visit.page.reload();
    await visit.reads('#size', /bytes/);
    const code = await visit.reads('#recipe', /curl/);
    assert.ok(code.includes('$KEY') && !code.includes(KEY.value));
    assert.equal(await visit.page.evaluate('localStorage.length + document.cookie.length'), 0);
    await visit.close();
  });

  it('say what is wrong with a key, beside a button that fits its box', async () => {
    const visit = await Visit.open(browser, locked.url, { expected: /status of 401/ });
    await visit.reads('#estimate-error', /asks for an API key/);
    const right = async (selector: string): Promise<number> => {
      const { x, width } = (await visit.page.locator(selector).boundingBox()) ?? { x: NaN, width: NaN };
      return x + width;
    };
    assert.ok((await right('#key-form button')) < (await right('#key-form')));
    // The second one cannot even be sent.
    for (const wrong of ['wrong', 'ключ']) {
      await visit.page.fill('#key', wrong);
      await visit.page.keyboard.press('Enter');
      await visit.reads('#estimate-error', /does not know that API key/);
      await visit.page.locator('#key-box[open]').waitFor();
    }
    await visit.close();
  });

  it('can be told to stop while they compress, and forget it where the dial is turned', async () => {
    const visit = await open({ expected: /status of 429/ });
    await visit.estimated();
    await visit.page.route('**/v1/compress?*', () => {});
    const [compress, cancel] = ['#compress', '#cancel'].map((selector) => visit.page.locator(selector));
    assert.ok(compress && cancel);
    await compress.click();
    await cancel.waitFor();
    assert.equal(await compress.isDisabled(), true);
    await cancel.click();
    await visit.reads('#trip-error', /^Cancelled\.$/);
    assert.deepEqual([await compress.isDisabled(), await cancel.isVisible()], [false, false]);
    await compress.click();
    await cancel.waitFor();
    await visit.page.locator('#dial').fill('0');
    await cancel.waitFor({ state: 'hidden' });
    assert.deepEqual([await compress.isDisabled(), await visit.page.locator('#trip-error').textContent()], [false, '']);
    await visit.page.unrouteAll();
    const refusal = {
      status: 429,
      headers: { 'Retry-After': '7' },
      json: { detail: 'Wait as long as Retry-After says.' },
    };
    await visit.page.route('**/v1/compress?*', (route) => route.fulfill(refusal), { times: 1 });
    await compress.click();
    await visit.reads('#trip-error', /Try again in 7 seconds\.$/);
    await compress.click();
    await visit.reads('#steps', /became/);
    await visit.close();
  });

  it('show the order in which bytes become known, call by call', async () => {
    const visit = await open({ reducedMotion: 'reduce' });
    await visit.estimated();
    await visit.page.click('#show-order');
    const all = await visit.page.locator('#inside span').count();
    const unknown = (): Promise<number> => visit.page.locator('#inside span.unknown').count();
    const last = Number(await visit.page.locator('#at').getAttribute('max'));
    assert.ok(last > 1);
    let before = all;
    for (const calls of new Set([0, 1, 2, 3, Math.floor(last / 2), last - 1, last])) {
      await visit.page.fill('#at', String(calls));
      const now = await unknown();
      if (calls === 0) assert.equal(now, all);
      else assert.ok(now <= before, `${now} unknown after ${calls} calls, ${before} before`);
      before = now;
    }
    assert.equal(before, 0);
    await visit.page.click('#play');
    await visit.page.locator('#play', { hasText: 'Play again' }).waitFor();
    await visit.close();
  });

  it('show a dream, the same for the same seed', async () => {
    const visit = await open();
    await visit.page.selectOption('#dream-length', '256');
    await visit.page.selectOption('#dream-calls', '16');
    const dreams: (string | null)[] = [];
    for (const button of ['#dream', '#another', '#dream']) {
      await visit.page.click(button);
      await visit.reads('#dream-told', /256 bytes of/);
      dreams.push(await visit.page.locator('#dreamt').textContent());
    }
    assert.notEqual(dreams[0], dreams[1]);
    assert.equal(dreams[1], dreams[2]);
    await visit.close();
  });

  it('copy what was done, in three languages', async () => {
    const visit = await open({ permissions: ['clipboard-read', 'clipboard-write'] });
    await visit.page.click('#compress');
    await visit.reads('#steps', /became/);
    for (const [language, sign] of [
      ['curl', /^curl --fail/],
      ['javascript', /await fetch\(/],
      ['python', /urlopen\(/],
    ] as const) {
      await visit.page.click(`[data-language=${language}]`);
      await visit.page.click('#copy');
      await visit.reads('#copied', /Copied/);
      const copied = await visit.page.evaluate<string>('navigator.clipboard.readText()');
      assert.match(copied, sign);
      assert.ok(copied.includes(`${service.url}/v1/compress`));
      assert.equal(copied, await visit.page.locator('#recipe').textContent());
    }
    await visit.close();
  });

  it('show what each pixel of a picture takes, and how it becomes known', async () => {
    const visit = await open({ expected: /Failed to load resource|willReadFrequently/ });
    const colours = (canvas: string): Promise<string[]> =>
      visit.page.evaluate(`(() => {
        const canvas = document.querySelector('${canvas}');
        const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
        return Array.from({ length: data.length / 4 }, (_, i) => [...data.slice(4 * i, 4 * i + 4)].join());
      })()`);
    const [known, heat] = ['#inside canvas:first-child', '#inside canvas:last-child'];
    // The browser's own colours of a PNG, and those of a PPM, which it does not know.
    const filtered = rowsOf(6, 15, () => 0);
    const samples = Buffer.concat(Array.from({ length: 6 }, (_, y) => filtered.subarray(y * 16 + 1, y * 16 + 16)));
    const ppm = Buffer.concat([Buffer.from('P6 # of a test\n5 6\n255\n'), samples]);
    const pixels = Array.from({ length: 30 }, (_, i) => [...samples.subarray(3 * i, 3 * i + 3), 255].join());
    await visit.page.selectOption('#model', 'pictures-1');
    for (const [name, file] of [
      ['a.png', pngFile({ width: 5, height: 6, filtered })],
      ['a.ppm', ppm],
    ] as const) {
      await upload(visit, name, Buffer.from(file));
      await visit.reads('#file-name', new RegExp(name));
      await visit.page.locator('#inside canvas').first().waitFor();
      assert.deepEqual(await colours(known), pixels);
      await visit.page.locator('#samples button').first().click();
      await visit.reads('#estimate-error', /pictures/);
    }
    await visit.page.locator('#samples button', { hasText: 'Picture' }).click();
    await visit.page.locator('#inside canvas').first().waitFor();
    assert.equal(await visit.page.locator('#legend .swatch').count(), 8);
    assert.ok(new Set(await colours(heat)).size > 3);
    await visit.page.locator('#inside').focus();
    await visit.page.keyboard.press('Home');
    await visit.reads('#inside-told', /^Column 1, row 1: 24\.00 bits, known from call 1 of 14 on$/);
    await visit.page.keyboard.press('ArrowDown');
    await visit.reads('#inside-told', /^Column 1, row 2: /);
    await visit.page.click('#show-order');
    await visit.reads('#inside-about', /coarse to fine, in 14 calls/);
    assert.equal(await visit.page.locator(heat).isVisible(), false);
    const differing: number[] = [];
    for (const calls of ['1', '8', '14']) {
      await visit.page.locator('#at').fill(calls);
      differing.push(new Set(await colours(known)).size);
    }
    const [coarse = 0, middle = 0, all = 0] = differing;
    assert.ok(coarse <= 4 && coarse < middle && middle < all, `${differing}`);
    await visit.page.selectOption('#dream-model', 'pictures-1');
    await visit.page.selectOption('#dream-pixels', '32x32x3');
    const dreamt = async (button: string): Promise<string> => {
      await visit.page.click(button);
      await visit.reads('#dream-told', /A picture of pictures-1/);
      return (await colours('#dreamt-picture canvas')).join();
    };
    const first = await dreamt('#dream');
    const second = await dreamt('#another');
    assert.notEqual(first, second);
    await visit.page.fill('#seed', '1');
    assert.equal(await dreamt('#dream'), first);
    await visit.close();
  });

  it('show the waves of sound by what they take, and how they become known', async () => {
    const visit = await open({ expected: /Failed to load resource|willReadFrequently/ });
    // Then the dial stands at calls, at which sound is exact.
    await visit.estimated();
    await visit.page.locator('#samples button', { hasText: 'Sound' }).click();
    await visit.reads('#inside-about', /expects is nearly free/);
    await visit.page.locator('#inside .waves canvas').waitFor();
    await visit.reads('#size', /^[\d,]+ bytes$/);
    const shown = async (): Promise<number[]> => [
      ...new Set(
        await visit.page.evaluate<number[]>(`(() => {
          const canvas = document.querySelector('#inside canvas');
          const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
          return [...new Uint32Array(data.buffer)];
        })()`),
      ),
    ];
    // What is plucked takes more than what rings on.
    assert.ok((await shown()).length >= 3);
    await visit.page.locator('#inside').focus();
    await visit.page.keyboard.press('Home');
    await visit.reads('#inside-told', /^0\.000 s: [\d.]+ bits a sample, known from call 1 of \d+ on$/);
    await visit.page.keyboard.press('End');
    await visit.reads('#inside-told', /^1\.49\d s: /);
    await visit.page.emulateMedia({ reducedMotion: 'reduce' });
    await visit.page.click('#show-order');
    await visit.reads('#inside-about', /from its beginning to its end/);
    await visit.page.locator('#at').fill('0');
    assert.deepEqual(await shown(), [0]);
    // Samples alone: the server says what it must be told.
    await upload(visit, 'raw.pcm', Buffer.from(Uint8Array.from({ length: 4000 }, (_, i) => (i * i) % 200)));
    await visit.estimated();
    await visit.page.selectOption('#model', 'sound-1');
    await visit.reads('#estimate-error', /pcm=/);
    await visit.page.fill('#alone', 's16le,1,8000');
    await visit.page.keyboard.press('Tab');
    await visit.page.locator('#inside .waves canvas').waitFor();
    await visit.page.click('#compress');
    await visit.page.click('#decompress');
    await visit.reads('#steps .same', /bit for bit/);
    await visit.page.fill('#alone', 's16le,1');
    await visit.page.keyboard.press('Tab');
    await visit.reads('#estimate-error', /Pcm is format, channels and rate/);
    // And of it there are no dreams.
    const dreamers = await visit.page.locator('#dream-model option').allTextContents();
    assert.ok(dreamers.includes('pictures-1') && !dreamers.includes('sound-1'));
    await visit.close();
  });

  it('work by keyboard alone', async () => {
    const visit = await open();
    await visit.estimated();
    const { keyboard } = visit.page;
    const focused = (): Promise<string> => visit.page.evaluate<string>('document.activeElement?.id ?? ""');
    const tabTo = async (id: string): Promise<void> => {
      for (let presses = 0; presses < 60; presses++) {
        if ((await focused()) === id) return;
        await keyboard.press('Tab');
      }
      assert.fail(`no way to #${id}`);
    };
    await tabTo('text');
    await keyboard.press('Control+A');
    await keyboard.type('typed, and typed again');
    await visit.reads('#input-size', /^22 bytes$/);
    const characters = visit.page.locator('#inside span');
    await until(async () => (await characters.count()) === 22, 'what was typed is not shown');
    await tabTo('dial');
    const before = await visit.page.locator('#dial').inputValue();
    // It has another estimate made, which shows the text anew.
    const again = visit.page.waitForResponse(/\/v1\/estimate\?/);
    await keyboard.press('ArrowRight');
    assert.equal(await visit.page.locator('#dial').inputValue(), String(Number(before) + 1));
    await (await again).finished();
    await visit.estimated();
    await tabTo('inside');
    await keyboard.press('ArrowRight');
    await visit.reads('#inside-told', /^“t”: [\d.]+ bits, known from call/);
    await tabTo('compress');
    await keyboard.press('Enter');
    await visit.reads('#steps', /22 bytes became/);
    await until(async () => (await focused()) === 'compress', 'the button has lost the focus');
    await tabTo('decompress');
    await keyboard.press('Space');
    await visit.reads('#steps .same', /bit for bit/);
    await visit.close();
  });

  for (const [name, options] of [
    ['in light', { colorScheme: 'light' }],
    ['in dark', { colorScheme: 'dark' }],
    ['on a phone', { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true }],
  ] as const) {
    it(`have no barrier ${name}, and fit`, async () => {
      const visit = await open(options);
      await visit.estimated();
      await visit.page.click('#compress');
      await visit.page.click('#decompress');
      await visit.reads('#steps .same', /bit for bit/);
      await visit.page.click('#example');
      await visit.page.click('#make');
      await visit.page.locator('#made').waitFor();
      await visit.page.click('#dream');
      await visit.page.locator('#dreamt').waitFor();
      await visit.page.selectOption('#dream-model', 'pictures-1');
      await visit.page.click('#dream');
      await visit.page.locator('#dreamt-picture canvas').waitFor();
      await visit.page.locator('#samples button', { hasText: 'Picture' }).click();
      await visit.page.locator('#inside canvas').first().waitFor();
      assert.deepEqual(await visit.barriers(), []);
      await visit.page.locator('#samples button', { hasText: 'Sound' }).click();
      await visit.page.locator('#inside .waves canvas').waitFor();
      assert.deepEqual(await visit.barriers(), []);
      assert.ok(await visit.page.evaluate('document.documentElement.scrollWidth <= innerWidth'));
      const colour = await visit.page.evaluate('getComputedStyle(document.body).backgroundColor');
      assert.equal(colour, name === 'in dark' ? 'rgb(18, 20, 23)' : 'rgb(247, 247, 245)');
      await visit.close();
    });
  }

  it('show the contract at /docs, in dark and below a path of a proxy, and try it', async () => {
    const proxy = await ProxyBelow.start('/some/where', service.url);
    const visit = await Visit.open(browser, proxy.url, { path: '/some/where/docs', colorScheme: 'dark' });
    const block = visit.page.locator('#operations-compression-compress');
    await block.locator('.opblock-summary-control').click();
    await block.locator('.try-out__btn').click();
    await block
      .locator('input[type=file]')
      .setInputFiles({ name: 'a.txt', mimeType: 'text/plain', buffer: Buffer.from('hello hello hello') });
    await block.locator('.execute').click();
    await block.locator('.live-responses-table .response-col_status', { hasText: '200' }).waitFor();
    await block.locator('.live-responses-table a', { hasText: 'Download' }).waitFor();
    assert.equal(await visit.page.locator('.errors-wrapper').count(), 0);
    assert.match(
      await visit.reads('.live-responses-table + * .request-url, .request-url', /compress/),
      /some\/where\/v1\/compress/,
    );
    assert.equal(
      await visit.page.evaluate('getComputedStyle(document.documentElement).backgroundColor'),
      'rgb(28, 32, 34)',
    );
    assert.deepEqual(await visit.barriers(), []);
    await visit.page.emulateMedia({ colorScheme: 'light' });
    // Colours fade from one to the other.
    const isLight =
      "!document.documentElement.classList.contains('dark-mode') && document.getAnimations().length === 0";
    await until(async () => (await visit.page.evaluate(isLight)) === true, 'the page does not become light');
    assert.deepEqual(await visit.barriers(), []);
    // The other page asks for what is beside it, too.
    await visit.page.goto(`${proxy.url}/some/where/`);
    await visit.estimated();
    await visit.close();
    assert.deepEqual(proxy.elsewhere, []);
    await proxy.stop();
  });

  it('notice what must not happen', async () => {
    const visit = await open();
    await visit.page.evaluate(`{
      const script = document.createElement('script');
      try { script.textContent = 'globalThis.intruder = 1'; } catch {}
      document.body.append(script);
      document.body.setAttribute('style', 'color: red');
      fetch('http://127.0.0.1:9/').catch(() => {});
    }`);
    await visit.page.waitForTimeout(200);
    const faults = visit.faults.join('\n');
    assert.match(faults, /policy: require-trusted-types-for/);
    assert.match(faults, /policy: style-src-attr/);
    assert.match(faults, /policy: connect-src/);
    assert.equal(await visit.page.evaluate('"intruder" in globalThis'), false);
    await visit.page.context().close();
  });

  it('are not there with PAGES=off', async () => {
    const without = await ServiceProcess.start({ PAGES: 'off' });
    for (const path of ['/', '/docs']) assert.equal((await fetch(without.url + path)).status, 404);
    assert.equal((await fetch(`${without.url}/openapi.yaml`)).status, 200);
    await without.stop();
  });
});

function digits(text: string): string {
  return /[\d,]+/.exec(text)?.[0] ?? '';
}
