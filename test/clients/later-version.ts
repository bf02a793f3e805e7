import { once } from 'node:events';
import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

/** What later versions of the server may be: every object that is answered has a member that the contract does not know. */
export class LaterVersion {
  private constructor(private readonly server: Server) {}

  /** @param url of the server that does the work. */
  static async start(url: string): Promise<LaterVersion> {
    const server = createServer((req, res) => {
      const forward = request(url + req.url, { method: req.method, headers: req.headers }, async (answer) => {
        const { 'content-length': _length, ...headers } = answer.headers;
        if (!/json\b/.test(headers['content-type'] ?? '')) {
          res.writeHead(answer.statusCode ?? 0, answer.headers);
          answer.pipe(res);
          return;
        }
        const grown = JSON.stringify(JSON.parse((await buffer(answer)).toString()), grow);
        res.writeHead(answer.statusCode ?? 0, headers).end(grown);
      });
      forward.on('error', () => res.destroy());
      req.pipe(forward);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new LaterVersion(server);
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  stop(): void {
    this.server.close();
    this.server.closeAllConnections();
  }
}

function grow(_key: string, value: unknown): unknown {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  return isObject && !('ofALaterVersion' in value) ? { ...value, ofALaterVersion: [1, null, 'more'] } : value;
}
