/** A worker whose codec kills its process: `node poisoned-worker.js FOLDER [REDIS_URL]`. */
import { join } from 'node:path';
import { BullQueue } from '../../src/jobs/bull-queue.js';
import { FolderStore } from '../../src/jobs/folder-store.js';
import { InProcessQueue } from '../../src/jobs/in-process-queue.js';
import { JobWorker } from '../../src/jobs/worker.js';
import { MAX_ATTEMPTS, SHORT_TIMES } from './poison.js';

const [, , folder = '', url] = process.argv;
const queue = url ? new BullQueue(url, () => {}, SHORT_TIMES) : await InProcessQueue.open(join(folder, 'records'));
const worker = new JobWorker({
  queue,
  blobs: await FolderStore.open(join(folder, 'blobs')),
  codec: {
    compress: () => die(),
    decompress: () => die(),
    demand: () => die(),
    inspect: () => die(),
  },
  dictionaries: { get: () => die(), of: () => die() },
  maxAttempts: MAX_ATTEMPTS,
  ttl: 60_000,
  log: () => {},
});
worker.start(1);
// A worker that is given nothing more ends by itself.
setTimeout(() => process.exit(0), 20_000);

function die(): never {
  process.kill(process.pid, 'SIGKILL');
  for (;;);
}
