import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import express from 'express';
import { prepareAnswer, sendAnswer } from '../../../src/http/answers/answer.js';
import { Spool } from '../../../src/http/uploads/spool.js';
import { until } from '../../until.js';

const STALLED = 300;

describe('an answer', () => {
  let folder: string;
  let server: Server;
  let sent = 0;
  let failed = 0;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ardm-answer-'));
    const app = express();
    app.get('/:bytes', async (req, res) => {
      const spool = new Spool(undefined, folder);
      try {
        const answer = await prepareAnswer(new Uint8Array(Number(req.params.bytes)), spool);
        if (req.query.slow !== undefined) await sleep(3 * STALLED);
        await sendAnswer(res, answer, spool, STALLED);
        sent++;
      } catch {
        failed++;
      } finally {
        await spool.dispose();
      }
    });
    server = createServer({ keepAliveTimeout: 10_000 }, app).listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  after(async () => {
    server.closeAllConnections();
    server.close();
    await rm(folder, { recursive: true, force: true });
  });

  const request = (line: string): string => `GET ${line} HTTP/1.1\r\nHost: a\r\n\r\n`;

  it('of any size is given up when the client takes nothing of it', async () => {
    // More than the buffers of the kernel take, from memory and from disk.
    for (const bytes of [2 ** 20, 64 * 2 ** 20]) {
      const failures = failed;
      const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
      socket.on('error', () => {});
      socket.pause();
      socket.write(request(`/${bytes}`).repeat(bytes > 2 ** 20 ? 1 : 20));
      await until(
        () => new Promise((resolve) => server.getConnections((_error, count) => resolve(count === 0))),
        'the connection is kept',
        10_000,
      );
      if (bytes > 2 ** 20) await until(() => failed === failures + 1, 'nobody noticed');
      socket.destroy();
    }
  });

  it('to the next request of a connection may take longer than a client may stand still', async () => {
    const before = sent;
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
    });
    // The second one waits for nothing but its own work; the first one set the limit.
    socket.write(request('/3') + request('/4?slow'));
    await until(() => sent === before + 2, 'it was cut off', 10_000);
    await until(() => text.includes('Content-Length: 4'), 'it did not arrive');
    // And the connection is kept for a third.
    socket.write(request('/5'));
    await until(() => text.includes('Content-Length: 5'), 'the connection is closed');
    socket.destroy();
  });
});
