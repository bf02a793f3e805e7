import { mkdir } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { freePort } from '../free-port.js';

/** A small server that speaks S3, without types of its own. */
interface S3Server {
  run(): Promise<unknown>;
  close(): Promise<unknown>;
}
const S3rver = createRequire(import.meta.url)('s3rver') as new (options: object) => S3Server;

export interface StartedS3 {
  readonly endpoint: string;
  readonly bucket: string;
  /** For the environment of whoever uses it. */
  readonly credentials: Record<string, string>;
  readonly stop: () => Promise<void>;
}

/** An S3 in this process, with one bucket. @param folder is made, and holds what is stored. */
export async function startS3(folder: string): Promise<StartedS3> {
  await mkdir(folder, { recursive: true });
  const port = await freePort();
  const bucket = 'jobs';
  const server = new S3rver({
    port,
    address: '127.0.0.1',
    silent: true,
    directory: folder,
    configureBuckets: [{ name: bucket }],
  });
  await server.run();
  return {
    endpoint: `http://127.0.0.1:${port}`,
    bucket,
    credentials: { AWS_ACCESS_KEY_ID: 'S3RVER', AWS_SECRET_ACCESS_KEY: 'S3RVER' },
    stop: async () => {
      await server.close();
    },
  };
}
