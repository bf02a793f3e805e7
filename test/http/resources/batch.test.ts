import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import fc from 'fast-check';
import { Codec } from '../../../src/codec/codec.js';
import { codecModel, FakeCoder, FakeModels } from '../../codec/fakes.js';
import { failure, randomBytes, TestServer } from '../harness.js';

interface Outcome {
  readonly ok: boolean;
  readonly bytes: Buffer;
}

function batchOf(records: readonly Uint8Array[]): Buffer {
  return Buffer.concat(
    records.flatMap((record) => {
      const length = Buffer.alloc(4);
      length.writeUInt32LE(record.length);
      return [length, record];
    }),
  );
}

function outcomesOf(body: Buffer): Outcome[] {
  const found: Outcome[] = [];
  for (let at = 0; at < body.length; ) {
    const end = at + 5 + body.readUInt32LE(at + 1);
    found.push({ ok: body[at] === 0, bytes: body.subarray(at + 5, end) });
    at = end;
  }
  return found;
}

const QUERY = 'model=text-1&calls=64';

describe('batches', () => {
  let server: TestServer;
  before(async () => {
    const models = new FakeModels([codecModel('text-1')]);
    const codec = new Codec({ models, coder: new FakeCoder(() => 0.4), maxOriginalSize: 2 ** 20 });
    server = await TestServer.start({ codec });
  });
  after(() => server.stop());

  const frames = async (records: readonly Uint8Array[]): Promise<Outcome[]> => {
    const answer = await server.post(`/v1/batch/compress?${QUERY}`, batchOf(records));
    assert.equal(answer.status, 200, answer.body.toString());
    assert.equal(answer.headers.get('ardm-model'), 'text-1');
    return outcomesOf(answer.body);
  };

  // The fake coder cannot tell very short ones apart.
  const record = fc.oneof(fc.constant(new Uint8Array(0)), fc.uint8Array({ minLength: 30, maxLength: 200 }));

  it('are there and back, in order, whatever the records', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(record, { maxLength: 400 }), async (records) => {
        const coded = await frames(records);
        assert.equal(coded.length, records.length);
        assert.ok(coded.every(({ ok }) => ok));
        const back = await server.post(`/v1/batch/decompress?${QUERY}`, batchOf(coded.map(({ bytes }) => bytes)));
        assert.deepEqual(
          outcomesOf(back.body).map(({ bytes }) => bytes),
          records.map((record) => Buffer.from(record)),
        );
      }),
      { numRuns: 15 },
    );
  });

  it('have the frames that single requests have', async () => {
    const records = [Buffer.from('one record'), Buffer.alloc(0), randomBytes(300, 9)];
    for (const [i, { bytes }] of (await frames(records)).entries()) {
      const single = await server.post(`/v1/compress?framing=bare&${QUERY}`, records[i] as Buffer);
      assert.deepEqual(bytes, single.body);
    }
  });

  it('tell of a record alone that cannot be coded', async () => {
    const good = Buffer.from('a record that is coded');
    const long = await frames([good, Buffer.alloc(2 ** 19 + 1), good]);
    assert.deepEqual(
      long.map(({ ok }) => ok),
      [true, false, true],
    );
    assert.equal(long[1]?.bytes.toString(), 'record-too-long');
    const frame = (long[0] as Outcome).bytes;
    const damaged = Buffer.from(frame);
    damaged[damaged.length - 2] = (damaged[damaged.length - 2] as number) ^ 1;
    const body = batchOf([frame, damaged, Buffer.alloc(0), frame.subarray(0, 2), frame]);
    const back = outcomesOf((await server.post(`/v1/batch/decompress?${QUERY}`, body)).body);
    assert.deepEqual(
      back.map(({ ok, bytes }) => (ok ? 'good' : bytes.toString())),
      ['good', 'checksum-mismatch', 'truncated-archive', 'truncated-archive', 'good'],
    );
  });

  it('are refused as a whole where their records do not add up, or nothing says what makes frames', async () => {
    const whole = batchOf([Buffer.from('one'), Buffer.from('two')]);
    for (let length = 1; length < whole.length; length++) {
      if (length === 7) continue;
      const cut = await server.post(`/v1/batch/compress?${QUERY}`, whole.subarray(0, length));
      assert.deepEqual(failure(cut), [400, 'invalid-batch'], `${length}`);
    }
    assert.deepEqual(failure(await server.post(`/v1/batch/compress?${QUERY}`, Buffer.alloc(9, 255))), [
      400,
      'invalid-batch',
    ]);
    assert.equal((await server.post(`/v1/batch/compress?${QUERY}`, '')).body.length, 0);
    for (const query of ['', '?model=text-1', '?calls=5']) {
      assert.deepEqual(failure(await server.post(`/v1/batch/compress${query}`, whole)), [400, 'invalid-framing']);
    }
    assert.deepEqual(failure(await server.post('/v1/batch/compress?keep=name', whole)), [400, 'unknown-parameter']);
    assert.deepEqual(failure(await server.post('/v1/batch/compress?model=none&calls=5', whole)), [
      404,
      'model-not-found',
    ]);
  });
});
