import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join, resolve } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { ServiceProcess } from '../e2e/process.js';
import { freePort } from '../free-port.js';
import { ardm, inFolder, type Ran, type RunOptions } from './ardm.js';

const TEXT = Buffer.from('A server makes the same archive as the command does by itself. '.repeat(20));
const KEY = 'a-key-for-the-test';
const API_KEYS = `test:${createHash('sha256').update(KEY).digest('hex')}`;
/** A command that used the engine in its own process would fail. */
const NO_MODELS = { MODELS_DIR: '/none', ARDM_KEY: KEY };

async function answeredBy(listener: RequestListener, work: (url: string) => Promise<void>): Promise<void> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    await work(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

describe('ardm with a server', () => {
  let service: ServiceProcess;
  before(async () => {
    service = await ServiceProcess.start({ API_KEYS });
  });
  after(() => ServiceProcess.killAll());

  const remote = (args: readonly string[], options: RunOptions = {}): Promise<Ran> =>
    ardm([...args, '--server', service.url], { ...options, env: { ...NO_MODELS, ...options.env } });

  it('makes the same archives as without, which both restore', async () => {
    await inFolder(async (cwd) => {
      writeFileSync(join(cwd, 'a'), TEXT);
      const how = ['--model', 'tiny-a', '--calls', '16'];
      const there = await remote(['compress', '-v', ...how, 'a'], { cwd });
      assert.match(there.stderr, /^a: .*, tiny-a, 16 calls, to a\.ardm\n$/);
      const archive = readFileSync(join(cwd, 'a.ardm'));
      assert.deepEqual((await ardm(['compress', '-c', ...how, 'a'], { cwd })).stdout, archive);
      assert.deepEqual((await remote(['decompress'], { input: archive })).stdout, TEXT);
      assert.deepEqual((await ardm(['decompress'], { input: archive })).stdout, TEXT);
    });
  });

  it('has what takes long done as jobs, of which the server keeps nothing', async () => {
    await inFolder(async (cwd) => {
      const long = Buffer.from('All work and no play, or not so much of it. '.repeat(8_000));
      writeFileSync(join(cwd, 'a'), long);
      const there = await remote(['compress', '-v', '--model', 'tiny-c', '--calls', 'fast', 'a'], { cwd });
      assert.match(there.stderr, /^a: 352000 bytes, .*, tiny-c, \d+ calls, to a\.ardm\n$/);
      assert.equal((await remote(['decompress', '-o', 'back', 'a.ardm'], { cwd })).code, 0);
      assert.deepEqual(readFileSync(join(cwd, 'back')), long);
      const jobs = service.log.filter(({ route }) => String(route).startsWith('/v1/jobs'));
      assert.equal(jobs.filter(({ method, status }) => method === 'POST' && status === 202).length, 2);
      const headers = { Authorization: `Bearer ${KEY}` };
      const kept = (await (await fetch(`${service.url}/v1/jobs`, { headers })).json()) as { jobs: unknown[] };
      assert.deepEqual(kept.jobs, []);
    });
  });

  it('prints the same of archives and models', async () => {
    await inFolder(async (cwd) => {
      writeFileSync(join(cwd, 'a'), TEXT);
      assert.equal((await ardm(['compress', '--model', 'tiny-a', 'a'], { cwd })).code, 0);
      for (const args of [['inspect', 'a.ardm'], ['inspect', '--json', 'a.ardm'], ['models'], ['models', '--json']]) {
        const there = await remote(args, { cwd });
        assert.deepEqual([there.code, there.stderr], [0, '']);
        assert.deepEqual(there.stdout.toString(), (await ardm(args, { cwd })).stdout.toString());
        assert.match(there.stdout.toString(), /tiny-a/);
      }
    });
  });

  it('prints the same of archives of pictures', async () => {
    const archives = ['rgb.png', 'rgba.raw', 'texture-32.bmp', 'row.pgm'].map((name) =>
      resolve(`test/golden/pictures/${name}.pictures-1.ardm`),
    );
    for (const args of [
      ['inspect', ...archives],
      ['inspect', '--json', ...archives],
    ]) {
      const there = await remote(args);
      assert.deepEqual([there.code, there.stderr], [0, '']);
      assert.deepEqual(there.stdout.toString(), (await ardm(args)).stdout.toString());
    }
    const shown = (await remote(['inspect', archives[0] as string])).stdout.toString();
    assert.match(
      shown,
      /^ {2}container +png: 1638 bytes of samples, 2 of all else\n {2}picture +21 x 26, channels: 3$/m,
    );
  });

  it('estimates the sizes that archives then have', async () => {
    interface Told {
      readonly ladder: readonly { readonly calls: number; readonly bytes: number }[];
    }
    const how = ['--model', 'tiny-a', '--calls', '16'];
    const archive = await ardm(['compress', ...how], { input: TEXT });
    for (const told of [
      await remote(['estimate', '--json', ...how], { input: TEXT }),
      await ardm(['estimate', '--json', ...how], { input: TEXT }),
    ]) {
      assert.equal(told.code, 0, told.stderr);
      const { ladder } = JSON.parse(told.stdout.toString()) as Told;
      assert.equal(ladder.find(({ calls }) => calls === 16)?.bytes, archive.stdout.length);
    }
    const shown = await ardm(['estimate', ...how], { input: TEXT });
    assert.match(shown.stdout.toString(), /^-: \d+ bytes, tiny-a, compressed\n {2}calls +bytes +of original +compress/);
    assert.match(shown.stdout.toString(), /\n {2}gzip -9 +\d+ +\d+\.\d %\n/);
  });

  it('makes, lists, fetches, removes and puts back dictionaries, and uses them by id and by file', async () => {
    await inFolder(async (cwd) => {
      const record = (i: number): string => `{"id":${i},"state":"delivered","host":"node-${i % 7}"}\n`;
      writeFileSync(join(cwd, 'records'), Array.from({ length: 80 }, (_, i) => record(i)).join(''));
      const made = await remote(['dictionary', 'make', 'records', '--size', '2000', '--model', 'tiny-a'], { cwd });
      assert.equal(made.code, 0, made.stderr);
      const [id = '', gains] = made.stdout.toString().split('\n');
      assert.match(id, /^[0-9a-f]{64}$/);
      assert.match(
        gains ?? '',
        /^\d+ bytes; \d+ samples that it was not made of, \d+ bytes: \d+ without it, \d+ with it/,
      );
      assert.match(
        (await remote(['dictionary', 'list'])).stdout.toString(),
        new RegExp(`^${id} +\\d+ +tiny-a +\\S+Z\n$`),
      );
      assert.equal((await remote(['dictionary', 'get', id, '-o', 'd'], { cwd })).code, 0);
      const local = await ardm(['dictionary', 'make', 'records', '--size', '2000', '--model', 'tiny-a', '-o', '-'], {
        cwd,
      });
      assert.deepEqual(local.stdout, readFileSync(join(cwd, 'd')));
      writeFileSync(join(cwd, 'one'), record(4711));
      const compress = ['compress', '--model', 'tiny-a', '-c', 'one', '--dictionary'];
      const byId = (await remote([...compress, id], { cwd })).stdout;
      assert.ok(byId.length > 0);
      assert.deepEqual((await remote([...compress, 'd'], { cwd })).stdout, byId);
      assert.equal((await remote(['decompress'], { input: byId })).stdout.toString(), record(4711));
      assert.match((await remote(['dictionary', 'delete', id])).stderr, /give -f .*\[usage\]/);
      assert.equal((await remote(['dictionary', 'delete', '-f', id])).code, 0);
      assert.match((await remote(['decompress'], { input: byId })).stderr, /\[unknown-dictionary\]/);
      const sent = await remote(['decompress', '--dictionary', 'd'], { input: byId, cwd });
      assert.equal(sent.stdout.toString(), record(4711));
      assert.equal((await remote(['dictionary', 'put', 'd'], { cwd })).stdout.toString(), `${id}\n`);
      assert.equal((await remote(['decompress'], { input: byId })).stdout.toString(), record(4711));
      assert.match((await remote(['dictionary', 'get', 'none'])).stderr, /\[dictionary-not-found\]/);
    });
  });

  it('passes on what the server says went wrong, with its code', async () => {
    const cases: [Promise<Ran>, RegExp][] = [
      [remote(['decompress'], { input: TEXT }), /^ardm: standard input: .*\[not-an-archive\]\n$/],
      [remote(['compress', '--model', 'none'], { input: TEXT }), /\[model-not-found\]\n$/],
      [remote(['models', '--key', 'wrong']), /\[unauthorized\]\n$/],
    ];
    for (const [asked, message] of cases) {
      const { code, stdout, stderr } = await asked;
      assert.deepEqual([code, stdout.length], [1, 0]);
      assert.match(stderr, message);
    }
  });

  it('says when no server answers, or something else does', async () => {
    const nowhere = await ardm(['models', '--server', `http://127.0.0.1:${await freePort()}`]);
    assert.equal(nowhere.code, 1);
    assert.match(nowhere.stderr, /^ardm: http:.* does not answer \(ECONNREFUSED\); .*\[server-unreachable\]\n$/);
    assert.equal((await ardm(['models', '--server', 'localhost:8080'])).code, 2);
    await answeredBy(
      (_req, res) => res.writeHead(404).end('<h1>Not found</h1>'),
      async (url) => {
        assert.match(
          (await ardm(['models', '--server', url])).stderr,
          /status 404, as this service does not.*\[broken-answer\]/,
        );
      },
    );
    await answeredBy(
      (_req, res) => res.end('{}'),
      async (url) => {
        assert.match((await ardm(['models', '--server', url])).stderr, /answers otherwise .*\[broken-answer\]/);
      },
    );
  });

  it('takes no part of an answer, and no damaged one, for the whole', async () => {
    await inFolder(async (cwd) => {
      writeFileSync(join(cwd, 'a'), TEXT);
      const digest = `sha-256=:${createHash('sha256').update('another').digest('base64')}:`;
      const broken: [RequestListener, RegExp][] = [
        [
          (_req, res) => res.writeHead(200, { 'Content-Digest': digest }).end('an answer'),
          /SHA-256 .*\[broken-answer\]/,
        ],
        [
          (_req, res) => {
            res.writeHead(200, { 'Content-Length': 100 }).write('half of', () => res.destroy());
          },
          /cut off .*\[broken-answer\]/,
        ],
      ];
      for (const [listener, message] of broken) {
        await answeredBy(listener, async (url) => {
          const failed = await ardm(['compress', 'a', '--server', url], { cwd });
          assert.equal(failed.code, 1);
          assert.match(failed.stderr, message);
        });
      }
      assert.deepEqual(readFileSync(join(cwd, 'a')), TEXT);
      assert.equal((await ardm(['inspect', 'a.ardm'], { cwd })).code, 1);
    });
  });
});
