import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, it } from 'node:test';
import { HttpClient } from '../../src/cli/http-client.js';
import { codeAsJob, SHORTEST_JOB } from '../../src/cli/remote-job.js';
import { ARDM, ENV, inFolder, namesIn } from './ardm.js';

const RESULT = randomBytes(1_000);

interface Seen {
  readonly answered: string[];
  readonly told: number[];
}

/** A server of jobs that behaves as it is told. */
async function withServer(
  events: (res: ServerResponse, time: number) => void,
  work: (client: HttpClient, seen: Seen, url: string) => Promise<void>,
  submit: RequestListener = (_req, res) => res.writeHead(202).end(job('queued', 0)),
): Promise<void> {
  const seen: Seen = { answered: [], told: [] };
  let times = 0;
  const server = createServer((req: IncomingMessage, res) => {
    seen.answered.push(`${req.method} ${req.url}`);
    req.resume();
    req.on('end', () => {
      if (req.method === 'POST') submit(req, res);
      else if (req.url?.endsWith('/events'))
        events(res.writeHead(200, { 'Content-Type': 'text/event-stream' }), times++);
      else if (req.method === 'DELETE') res.writeHead(204).end();
      else {
        const digest = `sha-256=:${createHash('sha256').update(RESULT).digest('base64')}:`;
        res.writeHead(200, { 'Content-Digest': digest, 'Ardm-Model': 'm' }).end(RESULT);
      }
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    await work(new HttpClient(url, 'k'), seen, url);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

const job = (state: string, bytes: number, failure: unknown = null): string =>
  JSON.stringify({ id: 'a', state, progress: { bytes }, failure, links: {} });
const event = (...all: Parameters<typeof job>): string => `id: 1\nevent: state\ndata: ${job(...all)}\n\n`;

const code = (client: HttpClient, told: number[]) =>
  codeAsJob(client, { operation: 'compress' }, Buffer.from('abc'), { length: 100, onBytes: (done) => told.push(done) });

describe('a file that a server codes as a job', () => {
  it('tells how far it is, comes back, and is forgotten by the server', async () => {
    const events = (res: ServerResponse): void => {
      res.write('retry: 1000\n\n: still there\n\n');
      // In parts that end anywhere.
      const text = event('active', 40) + event('active', 120) + event('done', 100);
      res.write(text.slice(0, 70));
      setTimeout(() => res.end(text.slice(70)), 20);
    };
    await withServer(events, async (client, { answered, told }) => {
      const answer = await code(client, told);
      assert.deepEqual([answer?.body, answer?.headers.get('ardm-model')], [RESULT, 'm']);
      assert.deepEqual(told, [40, 100, 100]);
      assert.deepEqual(answered, [
        'POST /v1/jobs?operation=compress',
        'GET /v1/jobs/a/events',
        'GET /v1/jobs/a/result',
        'DELETE /v1/jobs/a',
      ]);
    });
  });

  it('is waited for where the connection breaks off, or ends too early', async () => {
    const events = (res: ServerResponse, time: number): void => {
      if (time === 0) res.write(event('active', 10), () => res.destroy());
      else if (time === 1) res.end();
      else res.end(event('done', 100));
    };
    await withServer(events, async (client, { answered, told }) => {
      assert.deepEqual((await code(client, told))?.body, RESULT);
      assert.equal(answered.filter((path) => path.endsWith('events')).length, 3);
    });
  });

  it('fails as it would have without one, and is forgotten then, too', async () => {
    const failure = { status: 422, code: 'not-an-archive', title: 'No archive', detail: 'It is none.' };
    await withServer(
      (res) => res.end(event('failed', 0, failure)),
      async (client, { answered, told }) => {
        await assert.rejects(code(client, told), { code: 'not-an-archive', message: 'It is none.' });
        assert.equal(answered.at(-1), 'DELETE /v1/jobs/a');
      },
    );
    await withServer(
      (res) => res.end(event('cancelled', 0)),
      (client, { told }) => assert.rejects(code(client, told), { code: 'job-cancelled' }),
    );
    await withServer(
      (res) => res.end('data: {"state":"strange"}\n\n'),
      (client, { told }) => assert.rejects(code(client, told), { code: 'broken-answer' }),
    );
  });

  it('is cancelled where the command is interrupted', { skip: process.platform === 'win32' }, async () => {
    await inFolder(async (cwd) => {
      writeFileSync(join(cwd, 'a'), randomBytes(SHORTEST_JOB));
      let interrupt = (): void => {};
      const events = (res: ServerResponse): void => {
        res.write(event('active', 40), () => interrupt());
      };
      await withServer(events, async (_client, { answered }, url) => {
        const child = spawn(process.execPath, [ARDM, 'compress', '--server', url, 'a'], { cwd, env: ENV });
        interrupt = () => child.kill('SIGINT');
        const [[code, signal], told] = await Promise.all([once(child, 'exit'), text(child.stderr)]);
        assert.deepEqual([code, signal, told], [null, 'SIGINT', '']);
        assert.equal(answered.at(-1), 'DELETE /v1/jobs/a');
        assert.deepEqual(await namesIn(cwd), ['a']);
      });
    });
  });

  it('is none where the server takes no jobs now, and refused where it refuses', async () => {
    const problem = (status: number, code: string): RequestListener => {
      const body = JSON.stringify({ title: 'No', detail: 'No.', code });
      return (_req, res) => res.writeHead(status).end(body);
    };
    const none = (): void => assert.fail('nobody asked for a job');
    await withServer(
      none,
      async (client, { told }) => assert.equal(await code(client, told), undefined),
      problem(503, 'jobs-unavailable'),
    );
    await withServer(
      none,
      (client, { told }) => assert.rejects(code(client, told), { code: 'upload-too-large' }),
      problem(413, 'upload-too-large'),
    );
  });
});
