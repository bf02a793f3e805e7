import { Codec } from './codec/codec.js';
import type { Config } from './config.js';
import { UnknownDefaultModelError } from './runtime/errors.js';
import { KINDS } from './runtime/kinds.js';
import { checkGraphs, loadModel, readModel } from './runtime/model.js';
import { WorkerPool } from './runtime/pool.js';
import type { PoolObserver } from './runtime/pool-options.js';
import { loadModels, type ModelRegistry } from './runtime/registry.js';

// ONNX Runtime 1.30 reports on its use to its makers unless it finds this before it is loaded. It must be set here: the
// environment of a worker is a copy that native code does not see.
process.env.ORT_DISABLE_TELEMETRY = '1';

/**
 * What `auto` tries: the first of these that is served, else the first model by name. Said here, so that a model that is added does
 * not become the default because of what it is called.
 */
const PREFERRED: readonly string[] = ['text-4', 'text-3', 'text-2', 'text-1'];

/** What codes files, without HTTP: the service and the benchmarks run the same. */
export interface Engine {
  readonly registry: ModelRegistry;
  readonly pool: WorkerPool;
  readonly codec: Codec;
  /** Id of the model that `auto` tries. */
  readonly autoModel: string;
}

export interface EngineOptions {
  /** Models that `auto` tries, the best first. */
  readonly preferred?: readonly string[];
  readonly observer?: PoolObserver;
  /**
   * Whether each model is checked and opened on first use, rather than all at the start: for a program that ends soon. With one worker, as
   * fast as can be.
   */
  readonly onDemand?: boolean;
}

/**
 * Loads the models and starts the workers. Whoever opens it closes `pool`.
 *
 * @param log told of providers that were passed over and of workers that were lost.
 */
export async function openEngine(
  config: Config,
  log: (message: string, details: Record<string, unknown>) => void,
  { preferred = PREFERRED, observer, onDemand = false }: EngineOptions = {},
): Promise<Engine> {
  const registry = await loadModels(
    config.MODELS_DIR,
    KINDS,
    (path, reason) => log('models that cannot be read are not served', { path, reason }),
    onDemand ? readModel : loadModel,
  );
  const models = registry.list();
  const ofBytes = models.filter(({ kind }) => kind.content === 'bytes').map(({ id }) => id);
  const wanted = config.DEFAULT_MODEL;
  if (wanted !== '' && !ofBytes.includes(wanted)) throw new UnknownDefaultModelError(wanted, ofBytes);
  const served = [wanted, ...preferred, ...ofBytes].find((id) => ofBytes.includes(id));
  const autoModel = served ?? 'auto';
  const pool = await WorkerPool.start({
    models,
    keepOpen: onDemand ? [] : [autoModel],
    ...(onDemand && { check: checkGraphs, prepare: config.ARDM_WORKERS > 1 }),
    provider: config.ARDM_PROVIDER,
    workers: config.ARDM_WORKERS,
    intraOpNumThreads: config.ARDM_THREADS,
    cudaDevices: config.ARDM_DEVICES,
    workersPerDevice: config.ARDM_WORKERS_PER_DEVICE,
    conditionBytes: config.DICTIONARY_CACHE_BYTES,
    ...(observer ? { observer } : {}),
    log,
  });
  const codec = new Codec({
    models: registry,
    coder: pool,
    maxOriginalSize: config.MAX_ORIGINAL_BYTES,
    defaultModel: autoModel,
  });
  return { registry, pool, codec, autoModel };
}
