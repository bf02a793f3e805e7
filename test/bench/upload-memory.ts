/** `npm run bench:upload`: how much the resident memory of an api process grows while it takes a job of 100 MB. */
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { RedisServer } from '../jobs/redis-server.js';
import { startS3 } from '../jobs/s3-server.js';
import { BenchServer } from './server.js';

const BODY = 100_000_000;
const TARGET_MB = 50;
const BOUNDARY = 'upload-memory';
const MODELS = fileURLToPath(new URL('../../../test/fixtures/models', import.meta.url));

/** The body, made as it is sent: random blocks, each with its number, so that nothing can be left out unseen. */
function* body(form: boolean): Iterable<Buffer> {
  if (form) {
    const part = 'Content-Disposition: form-data; name="file"; filename="large.bin"';
    yield Buffer.from(`--${BOUNDARY}\r\n${part}\r\n\r\n`);
  }
  const block = Buffer.alloc(100_000, 'It is a truth universally acknowledged. ');
  for (let i = 0; i < BODY / block.length; i++) {
    block.writeUInt32LE(i, 0);
    yield Buffer.from(block);
  }
  if (form) yield Buffer.from(`\r\n--${BOUNDARY}--\r\n`);
}

async function post(url: string, form: boolean): Promise<void> {
  const type = form ? `multipart/form-data; boundary=${BOUNDARY}` : 'application/octet-stream';
  const sending = request(`${url}/v1/jobs?operation=compress`, { method: 'POST', headers: { 'content-type': type } });
  const answered = once(sending, 'response');
  await pipeline(Readable.from(body(form)), sending);
  const [answer] = (await answered) as [import('node:http').IncomingMessage];
  let text = '';
  for await (const chunk of answer) text += chunk;
  const { inputSize } = JSON.parse(text) as { inputSize?: number };
  if (answer.statusCode !== 202 || inputSize !== BODY) throw new Error(`${answer.statusCode} ${text}`);
}

async function measure(what: string, env: Record<string, string>, form: boolean): Promise<number> {
  const settings = { ARDM_ROLE: 'api', MAX_UPLOAD_BYTES: '200000000', MODELS_DIR: MODELS, ARDM_PROVIDER: 'cpu' };
  const server = await BenchServer.start({ ...settings, ARDM_WORKERS: '1', ...env });
  try {
    // What every process has loaded after its first job.
    const first = await fetch(`${server.url}/v1/jobs?operation=compress`, { method: 'POST', body: 'first' });
    if (first.status !== 202) throw new Error(await first.text());
    server.resetPeak();
    const before = server.memory();
    const start = performance.now();
    await post(server.url, form);
    const seconds = (performance.now() - start) / 1_000;
    const growth = server.peakMemory() - before;
    console.log(
      `${what}: ${before.toFixed(0)} MB before, at most ${growth.toFixed(1)} MB more, ${seconds.toFixed(1)} s (target ${TARGET_MB} MB)`,
    );
    return growth;
  } finally {
    await server.stop();
  }
}

const folder = await mkdtemp(join(tmpdir(), 'ardm-upload-memory-'));
const redis = await RedisServer.start();
const s3 = await startS3(join(folder, 's3'));
try {
  const shared = { REDIS_URL: redis.url, JOBS_FOLDER: join(folder, 'jobs') };
  const bucket = { REDIS_URL: redis.url, S3_BUCKET: s3.bucket, S3_ENDPOINT: s3.endpoint, ...s3.credentials };
  const growths = [
    await measure('raw body, folder', shared, false),
    await measure('form, folder', shared, true),
    await measure('raw body, S3', bucket, false),
  ];
  if (growths.some((growth) => growth > TARGET_MB)) process.exitCode = 1;
} finally {
  await s3.stop();
  await redis.stop();
  await rm(folder, { recursive: true, force: true });
}
