import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { freePort } from '../free-port.js';

/** The built service in a process of its own, as an operator would run it. */
export class BenchServer {
  private constructor(
    private readonly child: ChildProcess,
    readonly url: string,
  ) {}

  static async start(env: NodeJS.ProcessEnv = {}): Promise<BenchServer> {
    const port = await freePort();
    const child = spawn(process.execPath, ['dist/src/main.js'], {
      env: { ...process.env, HOST: '127.0.0.1', PORT: String(port), LOG_LEVEL: 'error', ...env },
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    const url = `http://127.0.0.1:${port}`;
    for (let i = 0; i < 600; i++) {
      if (child.exitCode !== null) throw new Error('the server did not start');
      const ready = await fetch(`${url}/health/ready`).then(
        (r) => r.ok,
        () => false,
      );
      if (ready) return new BenchServer(child, url);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    throw new Error('the server was not ready within a minute');
  }

  async post(path: string, body: Uint8Array): Promise<Uint8Array> {
    const response = await fetch(this.url + path, {
      method: 'POST',
      headers: { 'content-type': 'application/octet-stream' },
      body,
    });
    const answer = new Uint8Array(await response.arrayBuffer());
    if (!response.ok) throw new Error(`${path}: ${response.status} ${Buffer.from(answer).toString().slice(0, 300)}`);
    return answer;
  }

  /** Resident set, in MB. */
  memory(): number {
    const status = readFileSync(`/proc/${this.child.pid}/status`, 'utf8');
    return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1000;
  }

  /** The most that the resident set was since `resetPeak`, in MB. */
  peakMemory(): number {
    const status = readFileSync(`/proc/${this.child.pid}/status`, 'utf8');
    return Number(/VmHWM:\s+(\d+)/.exec(status)?.[1]) / 1000;
  }

  /** CPU time of all its threads since it started, user and system, in ms; Linux counts it in hundredths of a second. */
  cpuTime(): number {
    const stat = readFileSync(`/proc/${this.child.pid}/stat`, 'utf8');
    // The fields after the program's name, which may hold anything: utime and stime are the 14th and 15th of all.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[11]) + Number(fields[12])) * 10;
  }

  resetPeak(): void {
    writeFileSync(`/proc/${this.child.pid}/clear_refs`, '5');
  }

  async stop(): Promise<void> {
    this.child.kill('SIGTERM');
    if (this.child.exitCode === null) await once(this.child, 'exit');
  }
}
