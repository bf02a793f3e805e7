import { once } from 'node:events';
import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A reverse proxy that has a server below a path of its own, and takes that path away. */
export class ProxyBelow {
  /** Paths that were asked for outside. */
  readonly elsewhere: string[] = [];
  private readonly server: Server;

  private constructor(path: string, to: string) {
    this.server = createServer((req, res) => {
      const { url = '', method, headers } = req;
      if (!url.startsWith(`${path}/`)) {
        this.elsewhere.push(url);
        res.writeHead(404).end();
        return;
      }
      const there = request(to + url.slice(path.length), { method, headers }, (answer) => {
        res.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(res);
      });
      there.on('error', () => res.destroy());
      req.pipe(there);
    });
  }

  static async start(path: string, to: string): Promise<ProxyBelow> {
    const proxy = new ProxyBelow(path, to);
    proxy.server.listen(0, '127.0.0.1').unref();
    await once(proxy.server, 'listening');
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }
}
