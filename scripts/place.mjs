// What would keep the server from starting whatever is installed and built: told before that, which takes minutes. Plain
// Node; the sentences are those of src/http/listen-error.ts and src/jobs/errors.ts.
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';

/** Ends the process if the port, or a folder for jobs that is set, is another process's. What else is wrong the server says. */
export async function checkPlace({ PORT, HOST, JOBS_FOLDER, REDIS_URL }) {
  const port = Number(PORT || 8080);
  if (port > 0 && (await isTaken(port, HOST))) {
    const where = HOST ? `${HOST}, port ${port}` : `port ${port}`;
    stop(`Cannot listen on ${where}: another program uses port ${port}. Stop it, or set PORT to a free one.`);
  }
  if (JOBS_FOLDER && !REDIS_URL && (await isHeld(JOBS_FOLDER))) {
    stop(
      `Another process keeps its jobs in ${JOBS_FOLDER}. Set JOBS_FOLDER to a folder of its own, or REDIS_URL to share jobs.`,
    );
  }
}

function stop(sentence) {
  console.error(sentence);
  process.exit(1);
}

async function isTaken(port, host) {
  const server = createServer();
  try {
    await once(host ? server.listen(port, host) : server.listen(port), 'listening');
    return false;
  } catch (error) {
    return error.code === 'EADDRINUSE';
  } finally {
    server.close();
  }
}

/** As src/jobs/folder-lock.ts has it: the socket in the last of the locks takes connections. */
async function isHeld(folder) {
  const names = existsSync(folder) ? readdirSync(folder) : [];
  const last = Math.max(0, ...names.map((name) => Number(/^lock-(\d+)$/.exec(name)?.[1] ?? 0)));
  if (last === 0) return false;
  const socket = connect(join(folder, `lock-${last}`, 'alive'));
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
