import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { until } from '../../until.js';
import type { Received } from '../contract.js';
import { fakeArchive } from '../fake-codec.js';
import { failure, randomBytes, TestServer } from '../harness.js';

const BOUNDARY = 'limit-of-parts';
const LIMIT = 100_000;

/** A part as it goes over the wire. */
type Part = readonly [disposition: string, content: string | Uint8Array, type?: string];

function body(...parts: Part[]): Buffer {
  const all = parts.flatMap(([disposition, content, type]) => [
    Buffer.from(`--${BOUNDARY}\r\nContent-Disposition: form-data; ${disposition}\r\n`),
    Buffer.from(type === undefined ? '\r\n' : `Content-Type: ${type}\r\n\r\n`),
    Buffer.from(content),
    Buffer.from('\r\n'),
  ]);
  return Buffer.concat([...all, Buffer.from(`--${BOUNDARY}--\r\n`)]);
}

const FILE: Part = ['name="file"; filename="a.txt"', 'the file'];
const CALLS: Part = ['name="calls"', '7'];
const MODEL: Part = ['name="model"', 'text-1'];
const COMPRESS: Part = ['name="operation"', 'compress'];
const DECOMPRESS: Part = ['name="operation"', 'decompress'];

describe('a form', () => {
  let server: TestServer;
  before(async () => {
    server = await TestServer.start({ maxBytes: LIMIT });
  });
  after(() => server.stop());

  const send = (path: string, ...parts: Part[]): Promise<Received> =>
    server.post(path, body(...parts) as unknown as string, {
      'content-type': `multipart/form-data; boundary=${BOUNDARY}`,
    });
  const resultOf = async (accepted: Received): Promise<Received> => {
    assert.equal(accepted.status, 202, accepted.body.toString());
    const path = `${accepted.headers.get('location')}/result`;
    await until(async () => (await server.send(path)).status !== 409, 'the job does not end');
    return await server.send(path);
  };

  describe('whose file has no name', () => {
    const bytes = randomBytes(70_000, 5);

    for (const [what, part] of [
      ['as text', ['name="file"', bytes]],
      ['of a type', ['name="file"', bytes, 'application/octet-stream']],
      ['of a type with a charset', ['name="file"', bytes, 'text/plain; charset=utf-16le']],
      ['with an empty name', ['name="file"; filename=""', bytes]],
    ] as const) {
      it(`is taken byte for byte ${what}`, async () => {
        const answer = await send('/v1/compress', part);
        assert.equal(answer.status, 200, answer.body.toString());
        assert.deepEqual(answer.body, fakeArchive(bytes));
        assert.equal(answer.headers.get('content-disposition'), 'attachment; filename="data.ardm"');
      });
    }

    it('is taken everywhere', async () => {
      const archive = fakeArchive(Buffer.from('original'));
      assert.equal((await send('/v1/decompress', ['name="file"', archive])).body.toString(), 'original');
      assert.equal((await send('/v1/inspect', ['name="file"', archive])).status, 200);
      const job = await send('/v1/jobs?operation=decompress', ['name="file"', archive]);
      assert.equal((await resultOf(job)).body.toString(), 'original');
    });

    it('may be empty, but for an input in which no file was chosen', async () => {
      assert.equal((await send('/v1/compress', ['name="file"', ''])).headers.get('ardm-original-size'), '0');
      for (const path of ['/v1/compress', '/v1/jobs?operation=compress']) {
        const answer = await send(path, ['name="file"; filename=""', '', 'application/octet-stream']);
        assert.deepEqual(failure(answer), [400, 'missing-file']);
      }
    });

    it('is as long as a file may be', async () => {
      assert.equal((await send('/v1/compress', ['name="file"', new Uint8Array(LIMIT)])).status, 200);
      const answer = await send('/v1/compress', ['name="file"', new Uint8Array(LIMIT + 1)]);
      assert.deepEqual(failure(answer), [413, 'upload-too-large']);
    });
  });

  describe('with parameters', () => {
    for (const [what, parts] of [
      ['before the file', [CALLS, MODEL, FILE]],
      ['after the file', [FILE, MODEL, CALLS]],
      ['on both sides', [MODEL, FILE, CALLS]],
    ] as const) {
      it(`is compressed as they say, ${what}`, async () => {
        const answer = await send('/v1/compress', ...parts);
        assert.deepEqual([answer.headers.get('ardm-calls'), answer.headers.get('ardm-model')], ['7', 'text-1']);
        assert.deepEqual(answer.body, fakeArchive(Buffer.from('the file')));
      });

      it(`makes a job of what they say, ${what}`, async () => {
        const result = await resultOf(await send('/v1/jobs', COMPRESS, ...parts));
        assert.deepEqual([result.headers.get('ardm-calls'), result.headers.get('ardm-model')], ['7', 'text-1']);
        assert.deepEqual(result.body, fakeArchive(Buffer.from('the file')));
      });
    }

    it('may give some of them in the query', async () => {
      const answer = await send('/v1/compress?model=text-1', FILE, CALLS);
      assert.deepEqual([answer.headers.get('ardm-calls'), answer.headers.get('ardm-model')], ['7', 'text-1']);
      assert.equal((await send('/v1/jobs?model=text-1', CALLS, FILE, COMPRESS)).status, 202);
      assert.equal((await send('/v1/jobs?operation=compress', CALLS, FILE)).status, 202);
    });

    it('says only at its end what the job is', async () => {
      const archive: Part = ['name="file"', fakeArchive(Buffer.from('original'))];
      assert.equal((await resultOf(await send('/v1/jobs', archive, DECOMPRESS))).body.toString(), 'original');
      // An archive may be a little longer than a file.
      const long: Part = ['name="file"', new Uint8Array(LIMIT + 1)];
      assert.deepEqual(failure(await send('/v1/jobs', long, COMPRESS)), [413, 'upload-too-large']);
      assert.equal((await send('/v1/jobs', long, DECOMPRESS)).status, 202);
    });

    it('is the same request as one with them in the query', async () => {
      const headers = { 'idempotency-key': 'of-a-form' };
      const type = { 'content-type': `multipart/form-data; boundary=${BOUNDARY}` };
      const query = await server.post('/v1/jobs?operation=compress&calls=7', 'the file', headers);
      const fields = await server.post('/v1/jobs', body(FILE, COMPRESS, CALLS) as unknown as string, {
        ...headers,
        ...type,
      });
      assert.equal(fields.status, 202);
      assert.equal(fields.headers.get('location'), query.headers.get('location'));
      const others = await server.post('/v1/jobs', body(FILE, COMPRESS) as unknown as string, { ...headers, ...type });
      assert.deepEqual(failure(others), [422, 'idempotency-key-reuse']);
    });

    for (const [what, path, parts, expected] of [
      ['in the query and in the form', '/v1/compress?calls=7', [FILE, CALLS], [400, 'repeated-parameter']],
      ['in the query and before the file', '/v1/compress?calls=7', [CALLS, FILE], [400, 'repeated-parameter']],
      ['twice in the form', '/v1/compress', [CALLS, FILE, CALLS], [400, 'repeated-parameter']],
      ['an operation in both', '/v1/jobs?operation=compress', [FILE, COMPRESS], [400, 'repeated-parameter']],
      ['a number of calls that cannot be', '/v1/compress', [FILE, ['name="calls"', '0']], [400, 'invalid-calls']],
      ['an empty one', '/v1/compress', [FILE, ['name="calls"', '']], [400, 'invalid-calls']],
      ['a model that is not there', '/v1/compress', [FILE, ['name="model"', 'none']], [404, 'model-not-found']],
      ['one in other letters', '/v1/compress', [['name="Calls"', '7'], FILE], [400, 'unexpected-field']],
      ['one that is none', '/v1/compress', [FILE, ['name="__proto__"', '7']], [400, 'unexpected-field']],
      ['an operation of no job', '/v1/compress', [FILE, COMPRESS], [400, 'unexpected-field']],
      ['one where there are none', '/v1/inspect', [FILE, CALLS], [400, 'unexpected-field']],
      ['one of a bare frame for an archive', '/v1/decompress', [FILE, CALLS], [400, 'invalid-framing']],
      ['one where there are none', '/v1/inspect', [CALLS, FILE], [400, 'unexpected-field']],
      ['no operation', '/v1/jobs', [FILE, CALLS], [400, 'invalid-operation']],
      ['another operation', '/v1/jobs', [FILE, ['name="operation"', 'x']], [400, 'invalid-operation']],
      ['calls of a decompression', '/v1/jobs', [FILE, CALLS, DECOMPRESS], [400, 'unknown-parameter']],
      [
        'a value without end',
        '/v1/compress',
        [FILE, ['name="model"', 'x'.repeat(2_000)]],
        [400, 'malformed-multipart'],
      ],
      ['a parameter and no file', '/v1/compress', [CALLS], [400, 'missing-file']],
      [
        'a parameter with a file name',
        '/v1/compress',
        [['name="calls"; filename="a"', '7']],
        [400, 'unexpected-field'],
      ],
      ['the file twice, once as text', '/v1/compress', [FILE, ['name="file"', 'x']], [400, 'too-many-files']],
    ] as const satisfies readonly (readonly [string, string, readonly Part[], readonly [number, string]])[]) {
      it(`is refused with ${what} (${path})`, async () => {
        assert.deepEqual(failure(await send(path, ...parts)), expected);
      });
    }

    it('leaves no bytes of a job that it describes wrongly', async () => {
      const keys = async (): Promise<string[]> => {
        const found: string[] = [];
        for await (const { key } of server.jobs.blobs.list()) found.push(key);
        return found.filter((key) => key.endsWith('.upload')).sort();
      };
      await until(async () => (await keys()).length === 0, 'jobs do not end');
      assert.deepEqual(failure(await send('/v1/jobs', FILE, ['name="operation"', 'x'])), [400, 'invalid-operation']);
      assert.deepEqual(await keys(), []);
    });
  });

  it('leaves nothing behind', () => server.untilClean());
});
