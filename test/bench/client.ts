import { Agent, request } from 'node:http';

/** What a request came to. */
export interface Answer {
  readonly status: number;
  readonly body: Buffer;
  readonly milliseconds: number;
  readonly retryAfter: string | undefined;
}

/** A client that keeps its connections, and costs little beside the server that it measures. */
export class LoadClient {
  private readonly agent = new Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY });

  constructor(private readonly url: string) {}

  post(path: string, body: Uint8Array): Promise<Answer> {
    const begun = performance.now();
    return new Promise((resolve, reject) => {
      const headers = { 'content-type': 'application/octet-stream', 'content-length': body.length };
      const req = request(this.url + path, { method: 'POST', agent: this.agent, headers }, (res) => {
        const chunks: Buffer[] = [];
        res.on('data', (chunk: Buffer) => chunks.push(chunk));
        res.on('error', reject);
        res.on('end', () =>
          resolve({
            status: res.statusCode ?? 0,
            body: Buffer.concat(chunks),
            milliseconds: performance.now() - begun,
            retryAfter: res.headers['retry-after'],
          }),
        );
      });
      req.on('error', reject);
      req.end(body);
    });
  }

  /** @throws if the answer is not 200. */
  async done(path: string, body: Uint8Array): Promise<Answer> {
    const answer = await this.post(path, body);
    if (answer.status !== 200) throw new Error(`${path}: ${answer.status} ${answer.body.toString().slice(0, 300)}`);
    return answer;
  }

  close(): void {
    this.agent.destroy();
  }
}

/** The value below which `share` of them lie. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}

export const median = (values: readonly number[]): number => quantile(values, 0.5);
