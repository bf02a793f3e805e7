import type { IncomingMessage } from 'node:http';
import { ClientGoneError, RequestTimeoutError, UploadTooLargeError } from '../errors.js';
import { addBytesRead } from './bytes-read.js';
import type { DigestCheck } from './content-digest.js';

/** A body must bring at least `bytes` in every `window` milliseconds, or its connection is given up. */
export interface MinimumRate {
  readonly bytes: number;
  readonly window: number;
}

/** Slower than any line that is in use, and quick enough to get rid of a sender that holds connections on purpose. */
export const MINIMUM_RATE: MinimumRate = { bytes: 4_096, window: 30_000 };

/**
 * Watches a request's body while something else reads it: counts, computes digests, and fails when there is too much of
 * it, when it comes too slowly, or when the client leaves. Must be made in the same tick in which the reading starts.
 */
export class BodyMeter {
  /** Rejects as soon as one of these happens; never resolves. */
  readonly failure: Promise<never>;
  private received = 0;
  private receivedBefore = 0;
  private reject: (error: Error) => void = () => {};
  private readonly timer: NodeJS.Timeout;

  /** @param limits `bytes`: most bytes of the body; `reported`: most bytes of the file, to be named to the client. */
  constructor(
    private readonly req: IncomingMessage,
    private readonly limits: { readonly bytes: number; readonly reported: number },
    private readonly digests: DigestCheck,
    private readonly rate: MinimumRate = MINIMUM_RATE,
  ) {
    this.failure = new Promise((_, reject) => {
      this.reject = reject;
    });
    // It may fail when nobody waits any more.
    this.failure.catch(() => {});
    this.timer = setInterval(this.onWindow, rate.window);
    if (req.destroyed) this.reject(new ClientGoneError());
    req.on('data', this.onData);
    req.once('close', this.onClose);
    req.once('end', this.onEnd);
  }

  /** Stops watching. */
  stop(): void {
    clearInterval(this.timer);
    this.req.off('data', this.onData);
    this.req.off('close', this.onClose);
    this.req.off('end', this.onEnd);
  }

  private readonly onData = (chunk: Uint8Array): void => {
    this.received += chunk.length;
    addBytesRead(this.req, chunk.length);
    if (this.received > this.limits.bytes) this.reject(new UploadTooLargeError(this.limits.reported));
    else this.digests.update(chunk);
  };

  private readonly onWindow = (): void => {
    if (this.received - this.receivedBefore < this.rate.bytes) this.reject(new RequestTimeoutError());
    this.receivedBefore = this.received;
  };

  private readonly onEnd = (): void => clearInterval(this.timer);

  private readonly onClose = (): void => {
    if (!this.req.complete) this.reject(new ClientGoneError());
  };
}
