import type { Model } from './model.js';
import type { Provider, ProviderSetting } from './provider.js';
import type { Products } from './session-settings.js';
import type { Usage } from './usage.js';

/** How a pool of workers is started. */
export interface PoolOptions {
  readonly models: readonly Model[];
  /** Ids of the models that are open from start to end; default: all. The others are opened on first use. */
  readonly keepOpen?: readonly string[];
  /** How long a model that was opened on first use stays open without use, in milliseconds; default 10 minutes. */
  readonly idleMilliseconds?: number;
  /**
   * Checks the files of a model that was loaded without it (`readModel`), once, while it is opened on first use: what it computes is not
   * given out before.
   */
  readonly check?: (model: Model) => Promise<void>;
  /**
   * Whether what workers can share of a model is prepared in a thread of its own, and in what is fastest on this machine; default true. If
   * not, a worker opens it in half of the time, in floats, for itself.
   */
  readonly prepare?: boolean;
  readonly provider: ProviderSetting;
  /** Worker threads on the CPU, each with a session per model; default: the cores. */
  readonly workers?: number;
  /** Threads inside one network call of a worker; default 1. */
  readonly intraOpNumThreads?: number;
  /** Numbers of the CUDA devices to use, default 0 alone, and workers on each, default 1. WebGPU always has one worker. */
  readonly cudaDevices?: readonly number[];
  readonly workersPerDevice?: number;
  /** Bytes of memory of each worker for dictionaries that it has learned; default 64 MiB. */
  readonly conditionBytes?: number;
  /** As in SessionSettings: for those who show that no bit depends on them. */
  readonly mostRows?: number;
  readonly products?: Products;
  /** Told of providers that were passed over and of workers that were lost. */
  readonly log?: (message: string, details: Record<string, unknown>) => void;
  readonly observer?: PoolObserver;
  /** The GPU providers that `auto` tries; default: those for which the machine has a device. */
  readonly devices?: readonly Provider[];
  /** The worker's script; for tests. */
  readonly entry?: URL;
}

/** Whoever counts what a pool does. */
export interface PoolObserver {
  /** What a worker has done since it last said so. */
  used(usage: Usage): void;
  /** A segment has got a place in a worker, after so many seconds. */
  waited(kind: SegmentKind, seconds: number): void;
  /** A worker ended that was not asked to. */
  workerLost(): void;
  /** A segment whose worker was lost is given to another. */
  retried(): void;
}

/** Segments of up to 16 KiB, and longer ones, which wait in lines of their own. */
export type SegmentKind = 'short' | 'long';

/** A provider that `auto` could not use, and why. */
export interface PassedOver {
  readonly provider: Provider;
  readonly reason: string;
}
