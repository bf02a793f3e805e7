import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { NamedParts } from '../../../src/http/uploads/named-parts.js';

const NAMES = { none: 'no-name', empty: 'empty-name' };

/** What comes out for bytes that come in pieces of these lengths, over and over. */
async function through(bytes: Buffer, lengths: readonly number[], boundary = 'b'): Promise<Buffer> {
  const parts = new NamedParts(boundary, NAMES);
  const out = parts.toArray();
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const length = lengths[i % lengths.length] as number;
    parts.write(bytes.subarray(at, at + length));
    at += length;
  }
  parts.end();
  return Buffer.concat(await out);
}

function form(parts: readonly { readonly header: string; readonly body: Buffer }[]): Buffer {
  const pieces = parts.flatMap(({ header, body }) => [
    Buffer.from(`--b\r\n${header}\r\n\r\n`),
    body,
    Buffer.from('\r\n'),
  ]);
  return Buffer.concat([...pieces, Buffer.from('--b--\r\n')]);
}

const D = 'Content-Disposition: form-data; name="file"';
const BYTES = '\r\nContent-Type: application/octet-stream';

describe('NamedParts', () => {
  it('names what has no name, tells an empty one, and leaves all else as it is', async () => {
    const body = Buffer.from('x');
    for (const [before, after] of [
      [D, `${D}; filename="no-name"${BYTES}`],
      [`${D};`, `${D}; filename="no-name"${BYTES}`],
      [`${D}; filename=""`, `${D}; filename="empty-name"${BYTES}`],
      [`${D}; filename="a.txt"`, `${D}; filename="a.txt"${BYTES}`],
      [`${D}; filename*=UTF-8''a.txt`, `${D}; filename*=UTF-8''a.txt${BYTES}`],
      [
        `content-disposition: form-data;name=file`,
        `content-disposition: form-data;name=file; filename="no-name"${BYTES}`,
      ],
      [`Content-Type: text/plain\r\n${D}\r\nX: y`, `Content-Type: text/plain\r\n${D}; filename="no-name"\r\nX: y`],
      ['X: y', 'X: y'],
    ] as const) {
      const expected = `\r\n${form([{ header: after, body }])}`;
      assert.equal(String(await through(form([{ header: before, body }]), [1000])), expected);
    }
  });

  it('does not depend on where the pieces end, and changes no byte of a body', async () => {
    const nearly = fc.array(fc.constantFrom('\r', '\n', '\r\n', '--', '-', 'b', '--b', '\r\n--', '\r\n-', 'x'), {
      maxLength: 12,
    });
    const body = fc.oneof(
      fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes)),
      nearly.map((pieces) => Buffer.from(pieces.join(''))),
    );
    const safe = body.filter((bytes) => !bytes.includes('\r\n--b') && !bytes.subarray(0, 3).includes('--b'));
    const parts = fc.array(fc.record({ header: fc.constantFrom(D, `${D}; filename="a"`), body: safe }), {
      maxLength: 3,
    });
    await fc.assert(
      fc.asyncProperty(
        parts,
        fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 5 }),
        async (sent, lengths) => {
          const expected = form(
            sent.map((part) => ({
              ...part,
              header: (part.header === D ? `${D}; filename="no-name"` : part.header) + BYTES,
            })),
          );
          assert.equal((await through(form(sent), lengths)).toString('latin1'), `\r\n${expected.toString('latin1')}`);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('holds no more than a header, and passes on at once what cannot be a delimiter', async () => {
    const parts = new NamedParts('b', NAMES);
    let passed = 0;
    parts.on('data', (chunk: Buffer) => {
      passed += chunk.length;
    });
    parts.write(`--b\r\n${D}\r\n\r\nabc`);
    await new Promise(setImmediate);
    assert.equal(passed, `\r\n--b\r\n${D}; filename="no-name"${BYTES}\r\n\r\nabc`.length);
    const endless = await through(Buffer.from(`--b\r\n${'X'.repeat(200_000)}`), [4_096]);
    assert.equal(endless.length, 2 + 5 + 200_000);
  });

  it('refuses a body in which a line begins with the boundary, which the parser would cut there', async () => {
    for (const line of ['--bc', '--b-', '--b ', '--b\n']) {
      const sent = form([{ header: D, body: Buffer.from(`abc\r\n${line}\r\n\r\nxyz`) }]);
      for (const length of [1, 3, 1000]) await assert.rejects(through(sent, [length]), { code: 'malformed-multipart' });
    }
  });
});
