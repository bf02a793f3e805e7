import { type LogLine, ServiceProcess } from '../e2e/process.js';
import { until } from '../until.js';
import { endWithParent } from './program.js';

/** A replica that keeps its port, its environment and its folder while processes come and go. */
export class Replica {
  private process: ServiceProcess | undefined;
  private readonly earlier: LogLine[] = [];
  /** Times that it was started. */
  starts = 0;
  /** Whether it has been ready since it was last started, and was not told to end. */
  ready = false;

  constructor(
    readonly port: number,
    /** For its temporary files. */
    readonly folder: string,
    private readonly env: Record<string, string>,
  ) {}

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get running(): boolean {
    const child = this.process?.child;
    return child !== undefined && child.exitCode === null && child.signalCode === null;
  }

  /** Of all its processes, in order. */
  get log(): LogLine[] {
    return [...this.earlier, ...(this.process?.log ?? [])];
  }

  get errors(): string {
    return this.process?.errors ?? '';
  }

  /** Resolves when it is ready. */
  async start(): Promise<void> {
    if (this.running) throw new Error('it runs');
    this.starts++;
    this.process = await ServiceProcess.start(this.env);
    endWithParent(this.process.child);
    await until(
      () =>
        fetch(`${this.url}/health/ready`).then(
          ({ ok }) => ok,
          () => false,
        ),
      'the replica is not ready',
      30_000,
    );
    this.ready = true;
  }

  signal(name: NodeJS.Signals): void {
    this.ready = false;
    this.process?.child.kill(name);
  }

  /** Sends a signal, and waits for the end. @returns the exit code. */
  async end(signal: NodeJS.Signals): Promise<number | null> {
    const process = this.process;
    if (!process) return null;
    this.ready = false;
    process.child.kill(signal);
    const code = await process.ended();
    await process.stop();
    this.earlier.push(...process.log);
    this.process = undefined;
    return code;
  }
}
