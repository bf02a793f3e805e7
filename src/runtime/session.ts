import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { z } from 'zod';
import { free } from '../ardm/free.js';
import type { InputShape, Rows } from '../ardm/network.js';
import { ArdmError } from '../errors.js';
import { EMBEDDED } from './context-graph.js';
import { ProviderUnavailableError } from './errors.js';
import { verifyKnownAnswer } from './known-answer.js';
import { LookUp } from './look-up.js';
import type { ModelGraph } from './model.js';
import type { PreparedContext } from './prepared-graph.js';
import type { Provider } from './provider.js';
import type { Network } from './scheduler.js';
import { type Products, type SessionSettings, sessionOptions } from './session-settings.js';
import { tensorOf } from './tensors.js';

/** What a session is made of: a file, or layers that are fed rows which were looked up. */
interface Source {
  readonly file: string | Uint8Array;
  readonly products: Products;
  readonly lookUp?: LookUp;
}

/**
 * A graph in ONNX Runtime. `predict` blocks the thread while it computes, so it belongs in a worker; the call comes
 * back by way of the event loop, so messages are seen between calls.
 */
export class OnnxPredictor implements Network {
  private constructor(
    private readonly session: InferenceSession,
    readonly inputs: readonly InputShape[],
    private readonly output: string,
    private readonly source: Source,
  ) {}

  get products(): Products {
    return this.source.products;
  }

  /**
   * Opens a session and holds it to the graph's known answer. On the CPU, a network whose table can be apart from its layers is computed so,
   * unless this machine's ONNX Runtime does not take them or gets them wrong.
   *
   * @param prepared what a context model's graph was made into, where it was.
   * @throws KnownAnswerMismatchError
   * @throws ProviderUnavailableError also where the provider opened but left the work to the CPU.
   */
  static async open(
    modelId: string,
    graph: ModelGraph,
    settings: SessionSettings,
    prepared?: PreparedContext,
  ): Promise<OnnxPredictor> {
    if (prepared) {
      const lookUp = new LookUp(prepared.table);
      for (const { file, products } of prepared.layers) {
        try {
          return await OnnxPredictor.prove(modelId, graph, settings, { file, products, lookUp });
        } catch (error) {
          if (!(error instanceof ArdmError)) throw error;
        }
      }
    }
    return await OnnxPredictor.prove(modelId, graph, settings, { file: graph.path, products: 'floats' });
  }

  private static async prove(
    modelId: string,
    { shape, knownAnswer }: ModelGraph,
    settings: SessionSettings,
    source: Source,
  ): Promise<OnnxPredictor> {
    const { provider } = settings;
    const options = sessionOptions(settings);
    const profile = provider === 'cpu' ? undefined : await mkdtemp(join(tmpdir(), 'ardm-profile-'));
    try {
      const session = await create(source.file, provider, {
        ...options,
        ...(profile ? { enableProfiling: true, profileFilePrefix: join(profile, 'run') } : {}),
      });
      const predictor = new OnnxPredictor(session, shape.inputs, shape.output.name, source);
      try {
        await verifyKnownAnswer(modelId, shape, predictor, knownAnswer);
        if (profile) {
          session.endProfiling();
          await checkProfile(profile, provider);
        }
      } catch (error) {
        await session.release();
        throw error;
      }
      return predictor;
    } finally {
      if (profile) await rm(profile, { recursive: true, force: true });
    }
  }

  async predict(inputs: readonly Rows[], rows: number): Promise<Float32Array> {
    const found = this.found(inputs, rows);
    const feeds = found ? embedded(found, rows) : this.feeds(inputs, rows);
    const output = (await this.session.run(feeds, [this.output]))[this.output];
    if (found) free(found);
    if (!(output instanceof Tensor) || !(output.data instanceof Float32Array)) {
      throw new TypeError(`the network has no float output named ${this.output}`);
    }
    return output.data;
  }

  /** What is looked up, where layers are fed that. */
  private found([indices]: readonly Rows[], rows: number): Uint8Array | undefined {
    const { lookUp } = this.source;
    return lookUp && indices instanceof Int32Array ? lookUp.take(indices, rows) : undefined;
  }

  private feeds(inputs: readonly Rows[], rows: number): Record<string, Tensor> {
    return Object.fromEntries(this.inputs.map((input, i) => [input.name, tensorOf(input, inputs[i] as Rows, rows)]));
  }

  async release(): Promise<void> {
    await this.session.release();
  }
}

function embedded(found: Uint8Array, rows: number): Record<string, Tensor> {
  return { [EMBEDDED]: new Tensor('uint8', found, [rows, found.length / rows]) };
}

async function create(
  model: string | Uint8Array,
  provider: Provider,
  options: InferenceSession.SessionOptions,
): Promise<InferenceSession> {
  try {
    return typeof model === 'string'
      ? await InferenceSession.create(model, options)
      : await InferenceSession.create(model, options);
  } catch (error) {
    throw new ProviderUnavailableError(provider, reasonOf(error), { cause: error });
  }
}

/** ONNX Runtime's message as one sentence, without the place in its source and the failed assertion. */
function reasonOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  const [line = ''] = message.replace(/^\/onnxruntime_src\/.* was false\. /, '').split('\n');
  return line.replace(/\.?$/, '.');
}

/** Of ONNX Runtime's profile: which provider ran which operator. */
const profileSchema = z.array(
  z.object({ args: z.object({ op_name: z.string().optional(), provider: z.string().optional() }).optional() }),
);

/**
 * A provider that cannot take a node leaves it to the CPU without a word. The table look-up is left so by design (its
 * int8 table is no GPU tensor), which is why ONNX Runtime's own switch against fallback is of no use; the matrix
 * products must not be.
 */
async function checkProfile(folder: string, provider: Provider): Promise<void> {
  const [file] = await readdir(folder);
  const events = profileSchema.parse(JSON.parse(await readFile(join(folder, file ?? 'run'), 'utf8')));
  const wanted = `${provider}ExecutionProvider`.toLowerCase();
  const products = events.filter(({ args }) => /^(Fused)?(MatMul|Gemm)/.test(args?.op_name ?? ''));
  const elsewhere = products.filter(({ args }) => args?.provider?.toLowerCase() !== wanted);
  if (products.length === 0 || elsewhere.length > 0) {
    throw new ProviderUnavailableError(provider, 'it left matrix products of the network to the CPU.');
  }
}
