import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { until } from '../until.js';
import { fakeArchive } from './fake-codec.js';
import { TestServer } from './harness.js';

const MEBIBYTE = 2 ** 20;

describe('the line of a request', () => {
  let server: TestServer;
  before(async () => {
    server = await TestServer.start({ maxBytes: 8 * MEBIBYTE });
  });
  after(() => server.stop());

  const lineOf = async (id: string): Promise<Record<string, unknown>> => {
    const line = () => server.log.find(({ requestId, method }) => requestId === id && method !== undefined);
    await until(() => line() !== undefined, `nothing is logged of ${id}`);
    return line() ?? {};
  };

  /** Sends a request, and leaves in the moment in which as many bytes have come as the answer says that it has. */
  const readAndLeave = (request: Buffer): Promise<void> =>
    new Promise((resolve, reject) => {
      const socket = connect(server.port, '127.0.0.1');
      let received = 0;
      let head = '';
      let whole = Number.POSITIVE_INFINITY;
      socket.on('error', reject);
      socket.on('close', () => (received >= whole ? resolve() : reject(new Error(`${received} of ${whole} bytes`))));
      socket.on('data', (chunk) => {
        received += chunk.length;
        if (whole === Number.POSITIVE_INFINITY) {
          head += chunk.toString('latin1');
          const end = head.indexOf('\r\n\r\n');
          if (end >= 0) whole = end + 4 + Number(/content-length: (\d+)/i.exec(head)?.[1]);
        }
        if (received >= whole) socket.resetAndDestroy();
      });
      socket.write(request);
    });

  it('never says that a client left that had the whole answer, from memory, from disk, or as a result', async () => {
    const original = Buffer.alloc(3 * MEBIBYTE, 'zeros ');
    const archive = fakeArchive(original);
    const job = await server.post('/v1/jobs?operation=decompress', archive as unknown as string);
    const { links } = JSON.parse(job.body.toString()) as { links: { self: string } };
    await until(async () => (await server.send(`${links.self}/result`)).status === 200, 'the job does not end');
    const small = fakeArchive(Buffer.from('small'));
    const post = (body: Buffer, id: string): Buffer =>
      Buffer.concat([
        Buffer.from(
          `POST /v1/decompress HTTP/1.1\r\nHost: a\r\nX-Request-Id: ${id}\r\nContent-Length: ${body.length}\r\n\r\n`,
        ),
        body,
      ]);
    for (let round = 0; round < 20; round++) {
      for (const [id, request] of [
        [`memory-${round}`, post(small, `memory-${round}`)],
        [`disk-${round}`, post(archive, `disk-${round}`)],
        [
          `result-${round}`,
          Buffer.from(`GET ${links.self}/result HTTP/1.1\r\nHost: a\r\nX-Request-Id: result-${round}\r\n\r\n`),
        ],
      ] as const) {
        await readAndLeave(request);
        const { status, code, msg } = await lineOf(id);
        assert.deepEqual([status, code, msg], [200, undefined, 'request answered'], id);
      }
    }
    const metrics = (await server.send('/metrics')).body.toString();
    assert.doesNotMatch(metrics, /status="499"/);
  });

  it('says so of a client that left before', async () => {
    const release = server.codec.hold();
    const socket = connect(server.port, '127.0.0.1');
    socket.on('error', () => {});
    socket.write('POST /v1/compress HTTP/1.1\r\nHost: a\r\nX-Request-Id: left\r\nContent-Length: 1\r\n\r\nx');
    await until(() => server.codec.working === 1, 'nothing works');
    socket.destroy();
    const line = await lineOf('left');
    assert.deepEqual([line.status, line.code, line.bytesOut], [499, 'client-closed-request', undefined]);
    release();
  });

  it('has the bytes that came, whatever was declared', async () => {
    const chunked = 'Transfer-Encoding: chunked\r\n\r\n';
    for (const [id, path, rest, bytes] of [
      ['declared', '/v1/compress', 'Content-Length: 5\r\n\r\nabcde', 5],
      ['chunks', '/v1/compress', `${chunked}3\r\nabc\r\n4\r\ndefg\r\n0\r\n\r\n`, 7],
      ['no-path', '/nowhere', 'Content-Length: 5\r\n\r\nabcde', 5],
      ['cut-off', '/v1/compress', 'Content-Length: 5000\r\n\r\nabc', 3],
      ['too-many', '/v1/compress', 'Content-Length: 999999999\r\n\r\nabc', 3],
      ['none', '/v1/compress', 'Content-Length: 0\r\n\r\n', undefined],
    ] as const) {
      const connection = server.raw(`POST ${path} HTTP/1.1\r\nHost: a\r\nX-Request-Id: ${id}\r\n${rest}`);
      if (id === 'cut-off') {
        await until(async () => server.log.length > 0, 'nothing');
        setTimeout(() => connection.socket.destroy(), 200);
      } else await connection.untilReceived('\r\n\r\n');
      connection.socket.end();
      assert.equal((await lineOf(id)).bytesIn, bytes, id);
    }
  });

  it('has the bytes that were sent, and none for HEAD', async () => {
    const get = await server.send('/openapi.yaml', { headers: { 'x-request-id': 'get', 'accept-encoding': 'br' } });
    assert.equal(get.status, 200);
    assert.equal((await lineOf('get')).bytesOut, Number(get.headers.get('content-length')));
    await server.send('/openapi.yaml', { method: 'HEAD', headers: { 'x-request-id': 'head' } });
    assert.equal((await lineOf('head')).bytesOut, 0);
  });

  it('leaves nothing behind', () => server.untilClean());
});
