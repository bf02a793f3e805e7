import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { chmod, cp, mkdir, mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { headCheck } from '../../src/archive/head-check.js';
import { CHECK_OFFSET, HEAD_LENGTH } from '../../src/archive/layout.js';
import { failure, form, problemOf, randomBytes } from '../http/harness.js';
import { until } from '../until.js';
import { ServiceProcess, TINY_MODELS } from './process.js';

const TEXT = Buffer.from('It is a truth universally acknowledged, that bytes are to be had back. '.repeat(40));

/** An archive with another byte, and a head check that fits. */
function forged(archive: Uint8Array, offset: number, value: number): Buffer {
  const copy = Buffer.from(archive);
  copy[offset] = value;
  copy[CHECK_OFFSET] = headCheck(copy);
  return copy;
}

describe('the service, whole', () => {
  let service: ServiceProcess;
  before(async () => {
    service = await ServiceProcess.start({ MAX_UPLOAD_BYTES: '1000000', MAX_ORIGINAL_BYTES: '1000000' });
  });
  after(() => ServiceProcess.killAll());

  const compress = async (file: Uint8Array, query = ''): Promise<Buffer> => {
    const answer = await service.post(`/v1/compress${query}`, file);
    assert.equal(answer.status, 200, answer.body.toString('latin1'));
    return answer.body;
  };

  it('gives every file back, at every turn of the dial and with every model', async () => {
    for (const file of [Buffer.alloc(0), Buffer.from('x'), TEXT, randomBytes(10_000, 5), Buffer.alloc(100_000)]) {
      for (const query of [
        '',
        '?calls=1',
        '?calls=fast',
        '?calls=small',
        '?model=tiny-a&calls=1024',
        '?model=tiny-b',
      ]) {
        if (file.length > 50_000 && query.includes('model')) continue;
        const archive = await compress(file, query);
        const restored = await service.post('/v1/decompress', archive);
        assert.equal(restored.status, 200);
        assert.deepEqual(restored.body, file);
        const info = JSON.parse((await service.post('/v1/inspect', archive)).body.toString()) as Record<
          string,
          unknown
        >;
        assert.equal(info.originalSize, file.length);
        assert.equal(info.compressedSize, archive.length);
      }
    }
  });

  it('keeps the name and type of a file where it is asked to, and gives them back', async () => {
    const file = new FormData();
    file.append('file', new Blob([TEXT], { type: 'text/plain' }), 'Austen — opening.txt');
    const archive = await service.post('/v1/compress?keep=name', file);
    assert.equal(archive.status, 200);
    const info = JSON.parse((await service.post('/v1/inspect', archive.body)).body.toString()) as Record<
      string,
      unknown
    >;
    assert.deepEqual([info.version, info.name, info.mediaType], [2, 'Austen — opening.txt', 'text/plain']);
    const restored = await service.post('/v1/decompress', archive.body);
    assert.deepEqual(restored.body, TEXT);
    assert.equal(restored.headers.get('content-type'), 'text/plain');
    assert.match(
      restored.headers.get('content-disposition') ?? '',
      /filename\*=UTF-8''Austen%20%E2%80%94%20opening\.txt$/,
    );
  });

  it('tells of a picture what it is, whatever models it has', async () => {
    const archive = readFileSync('test/golden/pictures/rgb.png.pictures-1.ardm');
    const answer = await service.post('/v1/inspect', archive);
    const { container } = JSON.parse(answer.body.toString()) as { container: unknown };
    const picture = { width: 21, height: 26, channels: 3 };
    assert.deepEqual(container, { number: 0, kind: 'png', samplesSize: 21 * 26 * 3, restSize: 2, picture });
  });

  it('makes the same archive of a raw body and of a form, and names it', async () => {
    const answer = await service.post('/v1/compress?model=tiny-a', form(['file', 'note.txt', TEXT]));
    assert.deepEqual(answer.body, await compress(TEXT, '?model=tiny-a'));
    assert.match(answer.headers.get('content-disposition') ?? '', /filename="note\.txt\.ardm"/);
    assert.equal(answer.headers.get('ardm-model'), 'tiny-a');
    assert.equal(
      answer.headers.get('content-digest'),
      `sha-256=:${createHash('sha256').update(answer.body).digest('base64')}:`,
    );
  });

  it('lists its models', async () => {
    const { models } = JSON.parse((await service.send('/v1/models')).body.toString()) as { models: { id: string }[] };
    assert.deepEqual(
      models.map(({ id }) => id),
      ['tiny-a', 'tiny-b', 'tiny-c'],
    );
    for (const { id } of models) assert.equal((await service.send(`/v1/models/${id}`)).status, 200);
  });

  describe('refuses, each with its own code,', () => {
    const refuses = (
      what: string,
      code: string,
      status: number,
      make: () => Promise<Uint8Array>,
      also = true,
    ): void => {
      it(what, async () => {
        const archive = await make();
        const answer = await service.post('/v1/decompress', archive);
        assert.deepEqual(failure(answer), [status, code]);
        assert.ok(problemOf(answer).detail.length > 40, 'the message says what to do');
        const inspected = await service.post('/v1/inspect', archive);
        if (also) assert.deepEqual(failure(inspected), [status, code]);
        else assert.equal(inspected.status, 200);
      });
    };
    const coded = () => compress(TEXT, '?model=tiny-a');
    const stored = () => compress(randomBytes(100, 9));

    refuses('what is not an archive', 'not-an-archive', 422, async () => TEXT);
    refuses('no bytes at all', 'not-an-archive', 422, async () => Buffer.alloc(0));
    refuses('a truncated archive', 'truncated-archive', 422, async () => (await stored()).subarray(0, -1));
    refuses('trailing bytes', 'trailing-bytes', 422, async () => Buffer.concat([await stored(), Buffer.from('x')]));
    refuses('an unknown version', 'unsupported-version', 422, async () => forged(await stored(), 1, 0xd2));
    refuses('unknown flags', 'unsupported-feature', 422, async () => forged(await stored(), HEAD_LENGTH, 0x05));
    refuses('a flipped bit of the header', 'damaged-header', 422, async () => {
      const archive = Buffer.from(await stored());
      archive[HEAD_LENGTH + 1] = (archive[HEAD_LENGTH + 1] as number) ^ 1;
      return archive;
    });
    refuses(
      'a flipped bit of the payload',
      'checksum-mismatch',
      422,
      async () => {
        const archive = Buffer.from(await coded());
        const last = archive.length - 3;
        archive[last] = (archive[last] as number) ^ 0x10;
        return archive;
      },
      false,
    );
    refuses(
      'an unknown model',
      'unknown-model',
      422,
      async () => {
        const archive = await coded();
        const at = archive.indexOf(Buffer.from('7745', 'hex'));
        assert.ok(at > 0 && at < 12, 'the header names the model');
        return forged(archive, at, 0x78);
      },
      false,
    );

    it('a declared size over the limit', async () => {
      const large = await ServiceProcess.start();
      const fetched = await fetch(`${large.url}/v1/compress`, { method: 'POST', body: new Uint8Array(1_000_001) });
      const archive = Buffer.from(await fetched.arrayBuffer());
      await large.stop();
      assert.ok(archive.length < 1_000);
      assert.deepEqual(failure(await service.post('/v1/decompress', archive)), [413, 'declared-size-too-large']);
    });

    it('an upload over the limit, whole or in chunks', async () => {
      const file = new Uint8Array(1_000_001);
      assert.deepEqual(failure(await service.post('/v1/compress', file)), [413, 'upload-too-large']);
      const stream = new ReadableStream({
        start(controller) {
          controller.enqueue(file);
          controller.close();
        },
      });
      const init: RequestInit & { duplex: 'half' } = { method: 'POST', body: stream, duplex: 'half' };
      assert.deepEqual(failure(await service.send('/v1/compress', init)), [413, 'upload-too-large']);
    });

    for (const [path, body, status, code] of [
      ['/v1/compress', form(['file', 'a', 'x'], ['file', 'b', 'y']), 400, 'too-many-files'],
      ['/v1/compress', new FormData(), 400, 'missing-file'],
      ['/v1/compress', form(['upload', 'a', 'x']), 400, 'unexpected-field'],
      ['/v1/compress?calls=0', TEXT, 400, 'invalid-calls'],
      ['/v1/compress?calls=-1', TEXT, 400, 'invalid-calls'],
      ['/v1/compress?calls=1e9', TEXT, 400, 'invalid-calls'],
      ['/v1/compress?calls=abc', TEXT, 400, 'invalid-calls'],
      ['/v1/compress?model=none', TEXT, 404, 'model-not-found'],
      ['/v1/models', TEXT, 405, 'method-not-allowed'],
      ['/v1/compresss', TEXT, 404, 'not-found'],
    ] as const) {
      it(`${path}: ${code}`, async () => assert.deepEqual(failure(await service.post(path, body)), [status, code]));
    }

    it('every truncation of a small archive', async () => {
      const archive = await compress(Buffer.from('a small file, a small file'), '?model=tiny-b');
      const codes = new Set<string>();
      for (let length = 0; length < archive.length; length++) {
        const [status, code] = failure(await service.post('/v1/decompress', archive.subarray(0, length)));
        assert.equal(status, 422);
        codes.add(code);
      }
      assert.deepEqual([...codes].sort(), [
        'checksum-mismatch',
        'damaged-header',
        'not-an-archive',
        'truncated-archive',
      ]);
    });
  });

  it('survives 200 random mutations of archives and forms, and never answers 200 with other bytes', async () => {
    const archives = [
      await compress(TEXT),
      await compress(TEXT, '?model=tiny-b&calls=32'),
      await compress(randomBytes(300, 9)),
    ];
    const originals = [TEXT, TEXT, randomBytes(300, 9)];
    const dice = randomBytes(4_000, 77);
    let refused = 0;
    for (let i = 0; i < 200; i++) {
      const [kind = 0, where = 0, what = 0, which = 0] = dice.subarray(4 * i);
      const archive = archives[which % archives.length] as Buffer;
      const at = (where * 31 + i) % archive.length;
      const mutant = Buffer.from(archive);
      mutant[at] = what;
      const body = [
        mutant,
        archive.subarray(0, at),
        Buffer.concat([archive, Buffer.of(what)]),
        Buffer.concat([archive.subarray(0, at), archive.subarray(at + 1)]),
        Buffer.concat([archive.subarray(0, at), Buffer.of(what), archive.subarray(at)]),
      ][kind % 5] as Buffer;
      const answer = await service.post('/v1/decompress', kind % 2 === 0 ? body : form(['file', 'a.ardm', body]));
      if (answer.status === 200) assert.deepEqual(answer.body, originals[which % originals.length]);
      else {
        assert.ok(answer.status >= 400 && answer.status < 500, String(answer.status));
        refused++;
      }
    }
    assert.ok(refused > 150, `${refused} refused`);
    assert.equal((await service.send('/health/ready')).status, 200);
    assert.deepEqual((await service.post('/v1/decompress', archives[0] as Buffer)).body, TEXT);
  });

  it('keeps nothing on disk', () =>
    until(async () => (await service.uploads()).length === 0, 'uploads are left behind'));
});

describe('the process', () => {
  after(() => ServiceProcess.killAll());

  it('finishes the requests that run when it is told to end, then ends well', async () => {
    const service = await ServiceProcess.start();
    const file = randomBytes(300_000, 21).map((byte) => byte & 15);
    const running = service.post('/v1/compress?model=tiny-a', file);
    const upload = async (): Promise<number> => {
      const [folder] = await service.uploads();
      return folder === undefined
        ? 0
        : stat(join(service.folder, folder, 'upload')).then(
            ({ size }) => size,
            () => 0,
          );
    };
    await until(async () => (await upload()) === file.length, 'the upload does not arrive');
    // A second one is still being sent.
    const socket = connect(service.port, '127.0.0.1');
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
    });
    socket.write('POST /v1/compress HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n');
    await until(async () => (await service.uploads()).length === 2, 'the second upload does not begin');
    service.child.kill('SIGTERM');
    await until(() => service.log.some(({ msg }) => msg === 'shutting down'), 'it does not shut down');
    await until(
      () =>
        fetch(`${service.url}/health/live`).then(
          () => false,
          () => true,
        ),
      'it still accepts connections',
    );
    socket.write('4\r\nhalf\r\n0\r\n\r\n');
    assert.equal((await running).status, 200);
    await until(() => text.startsWith('HTTP/1.1 200 OK'), 'the second request is not answered');
    assert.equal(await service.ended(), 0);
    assert.equal(service.log.at(-1)?.msg, 'stopped');
    assert.equal(service.errors, '');
    assert.deepEqual(await service.uploads(), []);
    await service.stop();
  });

  it('takes requests for a while if it is told to, but is not ready', async () => {
    const service = await ServiceProcess.start({ SHUTDOWN_DELAY_SECONDS: '1' });
    service.child.kill('SIGINT');
    await until(() => service.log.some(({ msg }) => msg === 'shutting down'), 'it does not shut down');
    assert.deepEqual(failure(await service.send('/health/ready')), [503, 'not-ready']);
    assert.equal((await service.post('/v1/compress', TEXT)).status, 200);
    assert.equal(await service.ended(), 0);
    await service.stop();
  });

  it('does not wait for ever', async () => {
    const service = await ServiceProcess.start({ SHUTDOWN_TIMEOUT_SECONDS: '0' });
    const socket = connect(service.port, '127.0.0.1');
    socket.on('error', () => {});
    socket.write('POST /v1/compress HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n');
    await until(async () => (await service.uploads()).length === 1, 'the upload does not begin');
    assert.equal(await service.stop(), 0);
    assert.ok(service.log.some(({ msg }) => msg === 'requests were cut off'));
  });

  it('stops computing for a client that leaves', async () => {
    const service = await ServiceProcess.start();
    const leave = new AbortController();
    const file = randomBytes(3_000_000, 22).map((byte) => byte & 15);
    const gone = fetch(`${service.url}/v1/compress?model=tiny-a`, { method: 'POST', body: file, signal: leave.signal });
    await until(async () => (await service.uploads()).length === 1, 'the upload does not begin');
    await new Promise((resolve) => setTimeout(resolve, 300));
    leave.abort();
    await assert.rejects(gone);
    await until(() => service.log.some(({ msg }) => msg === 'client left'), 'nobody noticed');
    await until(async () => (await service.uploads()).length === 0, 'its upload is kept');
    const start = performance.now();
    assert.equal((await service.post('/v1/compress?model=tiny-a', TEXT)).status, 200);
    assert.ok(performance.now() - start < 5_000, 'the next one waits for it');
    await service.stop();
  });

  it('says which port is taken', async () => {
    const first = await ServiceProcess.start();
    const second = await ServiceProcess.spawn({ PORT: String(first.port) });
    assert.equal(await second.ended(), 1);
    assert.match(
      second.errors,
      /^Cannot listen on 127\.0\.0\.1, port \d+: another program uses port \d+\. Stop it, or set PORT to a free one\.\n$/,
    );
    await Promise.all([first.stop(), second.stop()]);
  });

  it('says all that is wrong with its configuration', async () => {
    const service = await ServiceProcess.spawn({ PORT: 'http', ARDM_WORKERS: '-1', LOG_LEVEL: 'much' });
    assert.equal(await service.ended(), 1);
    for (const name of ['PORT="http"', 'ARDM_WORKERS="-1"', 'LOG_LEVEL="much"'])
      assert.ok(service.errors.includes(name));
    assert.doesNotMatch(service.errors, /\bat .*\.js/);
    await service.stop();
  });

  it('says that it has no models', async () => {
    const service = await ServiceProcess.spawn({ MODELS_DIR: '/nowhere' });
    assert.equal(await service.ended(), 1);
    assert.match(service.errors, /^There is no model in \/nowhere\./);
    await service.stop();
  });

  it('names what it cannot read of its models, and serves the others', async (context) => {
    if (process.getuid?.() !== 0) {
      console.error('SKIPPED: models that cannot be read: only root can start a server as somebody else');
      context.skip('this is not root');
      return;
    }
    const nobody = 65_534;
    const folder = await mkdtemp(join(tmpdir(), 'ardm-models-'));
    try {
      await cp(TINY_MODELS, folder, { recursive: true });
      await chmod(folder, 0o755);
      await mkdir(join(folder, 'lost+found'), { mode: 0o700 });
      await chmod(join(folder, 'tiny-a'), 0o700);
      await chmod(join(folder, 'tiny-b', 'coding.json'), 0o600);
      const service = await ServiceProcess.start({ MODELS_DIR: folder }, undefined, undefined, nobody);
      const models = service.log.find(({ msg }) => msg.startsWith('listening'))?.models;
      assert.deepEqual(models, ['tiny-c']);
      const told = service.log.filter(({ msg }) => msg === 'models that cannot be read are not served');
      assert.deepEqual(
        told.map(({ path, reason }) => [path, reason]).sort(),
        ['lost+found', 'tiny-a', 'tiny-b'].map((name) => [join(folder, name), 'EACCES']),
      );
      assert.equal(await service.stop(), 0);
      await chmod(join(folder, 'tiny-c'), 0o700);
      const none = await ServiceProcess.spawn({ MODELS_DIR: folder }, undefined, undefined, nobody);
      assert.equal(await none.ended(), 1);
      assert.match(
        none.errors,
        /^There is no model in .*This could not be read: .*tiny-c \(EACCES\).*Let this user read it\.\n$/,
      );
      await none.stop();
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  it('removes at its start what a killed process left behind', async () => {
    const killed = await ServiceProcess.start();
    const socket = connect(killed.port, '127.0.0.1');
    socket.on('error', () => {});
    socket.write('POST /v1/compress HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n');
    await until(async () => (await killed.uploads()).length === 1, 'the upload does not begin');
    killed.child.kill('SIGKILL');
    await killed.ended();
    assert.equal((await killed.uploads()).length, 1);
    await mkdir(join(killed.folder, 'not-ours'));
    const next = await ServiceProcess.start({ TMPDIR: killed.folder });
    // ONNX Runtime's telemetry would show here, too: it keeps a log in the folder for temporary files.
    const names = (await readdir(killed.folder)).map((name) => name.replace(/[0-9a-f]{16}$/, ''));
    assert.deepEqual(names.sort(), ['ardm-alive-', 'ardm-jobs-0', 'not-ours']);
    await Promise.all([next.stop(), killed.stop()]);
  });
});
