import { once } from 'node:events';
import { createServer, type RequestListener, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { clientErrorHandler, refuseConnect } from './answers/client-error.js';
import { ListenError } from './listen-error.js';

const SECOND = 1_000;

/**
 * How long connections and requests may last, and how many there may be. Headers are bounded by their bytes (Node's 16 KiB
 * with the request line). The number of requests on a connection is not: a balancer sends all of its clients' over a few.
 */
const LIMITS = {
  // Longer than load balancers keep an idle connection (60 s is common), so that they close it, not we: else a request
  // that is just being sent meets a closed connection, and the client sees a 502.
  keepAliveTimeout: 75 * SECOND,
  headersTimeout: 80 * SECOND,
  // The whole upload. Node's 5 minutes are too short for the largest one over 2 Mbit/s, and a body that stops coming is
  // found by BodyMeter long before.
  requestTimeout: 3_600 * SECOND,
  // How often the two are looked at.
  connectionsCheckingInterval: 10 * SECOND,
  // Beyond that, a connection is closed as soon as it is made. Well below the files that a process may have open, of
  // which each upload needs another one: without any left, nothing could be answered at all.
  maxConnections: 4_096,
};

/** The listening server: connections, limits in time, and an orderly end. */
export class HttpService {
  private readonly server: Server;
  private readonly answers = new WeakMap<Duplex, ServerResponse>();
  private leaving = false;

  /** @param limits for tests, which cannot wait that long. */
  constructor(listener: RequestListener, limits: Partial<typeof LIMITS> = {}) {
    const handle: RequestListener = (req, res) => {
      this.answers.set(req.socket, res);
      if (this.leaving) res.setHeader('Connection', 'close');
      listener(req, res);
    };
    const { maxConnections, ...timeouts } = { ...LIMITS, ...limits };
    this.server = createServer({ ...timeouts, requireHostHeader: false }, handle);
    this.server.maxConnections = maxConnections;
    // The upload reader answers `Expect: 100-continue` itself, when it is known that the body is wanted.
    this.server.on('checkContinue', handle);
    // Other expectations may be ignored (RFC 9110, 10.1.1).
    this.server.on('checkExpectation', handle);
    this.server.on('connect', refuseConnect);
    this.server.on(
      'clientError',
      clientErrorHandler((socket) => this.answers.get(socket)),
    );
  }

  /**
   * @param host an address or name; empty for every address, of IPv6 and IPv4, or of IPv4 alone where there is no IPv6.
   * @throws ListenError
   */
  async listen(port: number, host: string): Promise<AddressInfo> {
    if (host === '') this.server.listen(port);
    else this.server.listen(port, host);
    try {
      await once(this.server, 'listening');
    } catch (error) {
      throw new ListenError(host, port, error);
    }
    return this.server.address() as AddressInfo;
  }

  /**
   * From now on each answer is the last on its connection. A balancer that keeps connections would otherwise send a request
   * on one that is just being closed, and may not send it again if it is a POST.
   */
  leave(): void {
    this.leaving = true;
  }

  /**
   * Stops accepting connections, lets requests finish, and cuts off what is left after `limit` milliseconds.
   *
   * @returns whether all finished in time.
   */
  async close(limit: number): Promise<boolean> {
    this.leave();
    const closed = new Promise<void>((resolve) => this.server.close(() => resolve()));
    // A connection whose request has just finished is kept alive unless it is closed as idle.
    const idle = setInterval(() => this.server.closeIdleConnections(), 50);
    let inTime = true;
    const cut = setTimeout(() => {
      inTime = false;
      this.server.closeAllConnections();
    }, limit);
    await closed;
    clearInterval(idle);
    clearTimeout(cut);
    return inTime;
  }
}
