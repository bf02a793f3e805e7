import type { InferenceSession } from 'onnxruntime-node';
import type { Provider } from './provider.js';

export interface SessionSettings {
  readonly provider: Provider;
  /** Threads inside one network call, at least 1. */
  readonly intraOpNumThreads: number;
  /** Number of the CUDA device. */
  readonly deviceId?: number;
  /** Rows of one network call, at most; default: what is fastest on the provider. No bit depends on it. */
  readonly mostRows?: number | undefined;
  /** What to multiply in; default: bytes where the provider is the CPU and the network allows. No bit depends on it. */
  readonly products?: Products | undefined;
}

/** What the matrix products of a network are computed in. */
export type Products = 'bytes' | 'floats';

/** ONNX Runtime options. Integer networks give the same bits under all of them; these only spare time and memory. */
export function sessionOptions({
  provider,
  intraOpNumThreads,
  deviceId,
}: SessionSettings): InferenceSession.SessionOptions {
  return {
    executionProviders: [provider === 'cuda' ? { name: provider, deviceId: deviceId ?? 0 } : provider],
    intraOpNumThreads,
    interOpNumThreads: 1,
    graphOptimizationLevel: 'all',
    // Without the arena, resident memory of two workers rose to 508 MB instead of 280 MB in batches of 1,024 rows.
    enableCpuMemArena: true,
    // Errors only: for every GPU session it warns that the table look-up stays on the CPU, as it should.
    logSeverityLevel: 3,
    // Threads that wait must not burn the cores that other workers and the event loop need. The values are strings.
    extra: { session: { intra_op: { allow_spinning: '0' }, inter_op: { allow_spinning: '0' } } },
  };
}
