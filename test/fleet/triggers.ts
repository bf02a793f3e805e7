import { existsSync, watch } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';

/** Waits for a moment in the life of a job. @returns its id, or undefined if it did not come within `limit` milliseconds. */
export type Trigger = (limit: number, struck: (id: string) => void) => Promise<string | undefined>;

/** A file of the blob store whose name matches has just appeared. */
export function fileAppears(folder: string, name: RegExp): Trigger {
  return (limit, struck) =>
    new Promise((resolve, reject) => {
      const timer = setTimeout(() => end(undefined), limit);
      const watcher = watch(folder, (_event, file) => {
        const id = name.exec(file ?? '')?.[1];
        if (id === undefined || file === null) return;
        // An event is told of a removal, too; temporary files are gone too soon to look.
        if (!file.startsWith('.') && !existsSync(join(folder, file))) return;
        struck(id);
        end(id);
      });
      watcher.on('error', reject);
      const end = (id: string | undefined): void => {
        clearTimeout(timer);
        watcher.close();
        resolve(id);
      };
    });
}

/** Redis has just written a record that matches: seen with its MONITOR. */
export function recordWritten(port: number, record: RegExp): Trigger {
  return (limit, struck) =>
    new Promise((resolve) => {
      let rest = '';
      const socket = connect(port, '127.0.0.1', () => socket.write('MONITOR\r\n'));
      const timer = setTimeout(() => end(undefined), limit);
      const end = (id: string | undefined): void => {
        clearTimeout(timer);
        socket.destroy();
        resolve(id);
      };
      socket.on('data', (data) => {
        const lines = (rest + data.toString('latin1')).split('\r\n');
        rest = lines.pop() ?? '';
        for (const line of lines) {
          const [, id, text] = /lua\] "HSET" "ardm:jobs" "([0-9a-f]{32})" "(.*)"$/.exec(line) ?? [];
          if (id === undefined || text === undefined || !record.test(text.replaceAll('\\"', '"'))) continue;
          struck(id);
          end(id);
          return;
        }
      });
      socket.on('error', () => end(undefined));
      socket.on('close', () => end(undefined));
    });
}

/** Of a record that has just been accepted, and of one that a worker has just begun. */
export const ACCEPTED = /"version":1,/;
export const BEGUN = /"state":"active".*"progress":\{"bytes":0,/;
