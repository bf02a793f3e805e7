import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from '../e2e/process.js';
import { freePort } from '../free-port.js';
import { until } from '../until.js';
import { Program } from './program.js';
import { programs } from './programs.js';

export const NGINX_CONF = join(ROOT, 'deploy', 'nginx.conf');

const LOG = 'access.log';
/** Folders that nginx keeps bodies and answers in; all but the first two are of modules that are not used. */
const TEMPORARY = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];

/** nginx with the committed configuration, in which only ports and paths are others. */
export class Nginx {
  private constructor(
    readonly port: number,
    private readonly folder: string,
    private readonly program: Program,
  ) {}

  static async start(replicas: readonly number[]): Promise<Nginx> {
    const port = await freePort();
    const folder = await mkdtemp(join(tmpdir(), 'ardm-nginx-'));
    const file = join(folder, 'nginx.conf');
    await writeFile(file, configuration(await readFile(NGINX_CONF, 'utf8'), port, replicas, folder));
    // As root, its workers would be another user, who may not enter the folder.
    const main = `daemon off;${process.getuid?.() === 0 ? ' user root;' : ''}`;
    const program = new Program(programs().nginx, ['-p', folder, '-c', file, '-g', main], folder);
    const nginx = new Nginx(port, folder, program);
    try {
      await until(async () => !program.running || (await nginx.answers()), 'nginx does not answer', 20_000);
      if (!program.running) throw new Error(`nginx ended: ${program.output}`);
    } catch (error) {
      await nginx.stop();
      throw error;
    }
    return nginx;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Lines of the access log. */
  async log(): Promise<Record<string, unknown>[]> {
    const text = await readFile(join(this.folder, LOG), 'utf8');
    const lines = text.split('\n').slice(0, -1);
    return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  }

  /** What it complained about. */
  get errors(): string {
    return this.program.output;
  }

  private answers(): Promise<boolean> {
    return fetch(`${this.url}/metrics`).then(
      async (answer) => (await answer.text()) !== '',
      () => false,
    );
  }

  /** The master process ends its workers at SIGTERM; it has done so when it is gone. */
  async stop(): Promise<void> {
    await this.program.end('SIGTERM');
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** The committed file for this machine. Whatever is replaced must be there once, or the test would test another file. */
function configuration(text: string, port: number, replicas: readonly number[], folder: string): string {
  const servers = /( +server )api-1:8080( [^;]*;)\n +server api-2:8080\2/;
  const [, before, after] = servers.exec(text) ?? [];
  const lines = replicas.map((replica) => `${before}127.0.0.1:${replica}${after}`);
  const temporary = TEMPORARY.map((name) => `${name}_temp_path ${join(folder, name)};`);
  return [
    [servers, lines.join('\n')],
    [/listen 8080;/, `listen 127.0.0.1:${port};`],
    [/pid \/run\/nginx\.pid;/, `pid ${join(folder, 'nginx.pid')};`],
    [/^http \{$/m, `http {\n  ${temporary.join(' ')}`],
    [/worker_processes auto;/, 'worker_processes 2;'],
    // Standard output of a child of Node is a socket, which cannot be opened by name.
    [/access_log \/dev\/stdout ardm;/, `access_log ${join(folder, LOG)} ardm;`],
  ].reduce((result, [pattern, replacement]) => {
    if (result.split(pattern as RegExp).length < 2) throw new Error(`deploy/nginx.conf has no ${pattern}`);
    return result.replace(pattern as RegExp, () => replacement as string);
  }, text);
}
