/** A request that is over. */
export interface Answered {
  readonly method: string;
  /** Pattern of the route; `none` where nothing is served. */
  readonly route: string;
  /** 499 where the client left. */
  readonly status: number;
  readonly seconds: number;
  /** Of the problem that was answered. */
  readonly code: string | undefined;
}

/** A file that was coded: bytes of what came and of what was made of it. */
export interface Coded {
  readonly operation: 'compress' | 'decompress';
  /** A model's id, `brotli`, `stored`, or `mixed`: what coded it. */
  readonly model: string;
  readonly inputBytes: number;
  readonly outputBytes: number;
}

/** Whoever counts what HTTP does (`src/metrics`). */
export interface HttpObserver {
  /** A request has come; `answered` follows. */
  started(): void;
  answered(request: Answered): void;
  coded(file: Coded): void;
  /** Seconds of a request: until its file was received, and from its result to the answer's first byte. */
  spent(phase: 'upload' | 'answer', seconds: number): void;
  /** A request has got its turn after so many seconds. */
  waited(requestClass: 'small' | 'large', seconds: number): void;
  /** A line of requests, whose length can be asked for. */
  watch(requestClass: 'small' | 'large', length: () => number): void;
}

/** Nobody counts. */
export const UNOBSERVED: HttpObserver = {
  started() {},
  answered() {},
  coded() {},
  spent() {},
  waited() {},
  watch() {},
};
