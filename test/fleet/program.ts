import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

/** A child process that is not the service: what it prints, and its end. */
export class Program {
  readonly child: ChildProcess;
  output = '';

  constructor(command: string, args: readonly string[], cwd: string) {
    this.child = spawn(command, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
    endWithParent(this.child);
    const keep = (chunk: Buffer): void => {
      this.output += chunk;
    };
    this.child.stdout?.on('data', keep);
    this.child.stderr?.on('data', keep);
    // Shown by ended(); a child that cannot be spawned has no other end.
    this.child.on('error', (error) => {
      this.output += error.message;
    });
  }

  get running(): boolean {
    return this.child.pid !== undefined && this.child.exitCode === null && this.child.signalCode === null;
  }

  /** Sends a signal, and waits for the end. */
  async end(signal: NodeJS.Signals): Promise<void> {
    if (!this.running) return;
    const exit = once(this.child, 'exit');
    this.child.kill(signal);
    await exit;
  }
}

/** A test that breaks down leaves no process behind. */
export function endWithParent(child: ChildProcess): void {
  // SIGTERM, since nginx's workers would outlive a master that is killed.
  const kill = (): boolean => child.kill('SIGTERM');
  process.once('exit', kill);
  child.once('exit', () => process.off('exit', kill));
}
