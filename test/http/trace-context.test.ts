import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { readTraceparent } from '../../src/http/trace-context.js';
import { until } from '../until.js';
import { TestServer } from './harness.js';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const PARENT = 'b7ad6b7169203331';
const HEADER = `00-${TRACE}-${PARENT}-01`;

describe('traceparent', () => {
  for (const flags of ['00', '01', 'ff']) {
    it(`with the flags ${flags} is read`, () => {
      const header = `00-${TRACE}-${PARENT}-${flags}`;
      assert.deepEqual(readTraceparent(header), { traceId: TRACE, traceparent: header });
    });
  }

  it('of a later version is read as far as version 00 goes', () => {
    for (const more of ['', '-what-comes-later', '-']) {
      assert.equal(readTraceparent(`01-${TRACE}-${PARENT}-01${more}`)?.traceId, TRACE);
    }
    assert.equal(readTraceparent(`cc-${TRACE}-${PARENT}-01-more`)?.traceparent, `cc-${TRACE}-${PARENT}-01`);
  });

  for (const [what, header] of [
    ['no header', undefined],
    ['an empty one', ''],
    ['the forbidden version', `ff-${TRACE}-${PARENT}-01`],
    ['a trace id of zeros', `00-${'0'.repeat(32)}-${PARENT}-01`],
    ['a parent id of zeros', `00-${TRACE}-${'0'.repeat(16)}-01`],
    ['upper case', HEADER.toUpperCase()],
    ['no hexadecimal', `00-${TRACE.replace('a', 'g')}-${PARENT}-01`],
    ['a short trace id', `00-${TRACE.slice(1)}-${PARENT}-01`],
    ['more than version 00 has', `${HEADER}-more`],
    ['a later version without the hyphen', `01-${TRACE}-${PARENT}-01more`],
    ['two of them', `${HEADER}, ${HEADER}`],
    ['spaces', ` ${HEADER}`],
    ['one without end', `01-${TRACE}-${PARENT}-01-${'x'.repeat(10_000)}`],
  ] as const) {
    it(`is none: ${what}`, () => assert.equal(readTraceparent(header), undefined));
  }

  describe('of a request', () => {
    let server: TestServer;
    before(async () => {
      server = await TestServer.start();
    });
    after(() => server.stop());

    it('brings its trace id into the log, and not into the answer', async () => {
      const answer = await server.send('/v1/models', { headers: { traceparent: HEADER, 'x-request-id': 'traced' } });
      assert.equal(answer.headers.get('traceparent'), null);
      await until(() => server.log.some(({ requestId }) => requestId === 'traced'), 'no line in the log');
      assert.equal(server.log.find(({ requestId }) => requestId === 'traced')?.traceId, TRACE);
    });

    it('leaves no trace in the log if it is none', async () => {
      await server.send('/v1/models', { headers: { traceparent: 'forged"', 'x-request-id': 'untraced' } });
      await until(() => server.log.some(({ requestId }) => requestId === 'untraced'), 'no line in the log');
      assert.ok(!('traceId' in (server.log.find(({ requestId }) => requestId === 'untraced') ?? {})));
    });
  });
});
