import type { Model } from './manifest.js';
import type { Provider, ProviderSetting } from './provider.js';

/** How a pool of workers is started. */
export interface PoolOptions {
  readonly models: readonly Model[];
  readonly provider: ProviderSetting;
  /** Worker threads, each with a session per model; default: the cores. A GPU provider always has one. */
  readonly workers?: number;
  /** Threads inside one network call of a worker; default 1. */
  readonly intraOpNumThreads?: number;
  /** Told of providers that were passed over and of workers that were lost. */
  readonly log?: (message: string, details: Record<string, unknown>) => void;
  /** The GPU providers that `auto` tries; default: those for which the machine has a device. */
  readonly devices?: readonly Provider[];
  /** The worker's script; for tests. */
  readonly entry?: URL;
}
