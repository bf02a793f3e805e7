import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { z } from 'zod';
import type { InputShape, Rows } from '../ardm/network.js';
import { ArdmError } from '../errors.js';
import { UnreadableModelError } from '../onnx/errors.js';
import { parseOnnx } from '../onnx/read.js';
import { withByteProducts } from './byte-products.js';
import { ProviderUnavailableError } from './errors.js';
import { verifyKnownAnswer } from './known-answer.js';
import type { ModelGraph } from './model.js';
import type { Provider } from './provider.js';
import type { Network } from './scheduler.js';
import { type Products, type SessionSettings, sessionOptions } from './session-settings.js';
import { tensorOf } from './tensors.js';

/**
 * A graph in ONNX Runtime. `predict` blocks the thread while it computes, so it belongs in a worker; the call comes
 * back by way of the event loop, so messages are seen between calls.
 */
export class OnnxPredictor implements Network {
  private constructor(
    private readonly session: InferenceSession,
    readonly inputs: readonly InputShape[],
    private readonly output: string,
    readonly products: Products,
  ) {}

  /**
   * Opens a session and holds it to the graph's known answer. On the CPU, a network that can be computed in products of bytes is, unless
   * this machine's ONNX Runtime does not take it or gets it wrong.
   *
   * @throws KnownAnswerMismatchError
   * @throws ProviderUnavailableError also where the provider opened but left the work to the CPU.
   */
  static async open(modelId: string, graph: ModelGraph, settings: SessionSettings): Promise<OnnxPredictor> {
    const inBytes = settings.provider === 'cpu' && settings.products !== 'floats';
    const bytes = inBytes ? await byteProducts(graph.path) : undefined;
    if (bytes) {
      try {
        return await OnnxPredictor.prove(modelId, graph, settings, bytes);
      } catch (error) {
        if (!(error instanceof ArdmError)) throw error;
      }
    }
    return await OnnxPredictor.prove(modelId, graph, settings);
  }

  private static async prove(
    modelId: string,
    { path, shape, knownAnswer }: ModelGraph,
    settings: SessionSettings,
    bytes?: Uint8Array,
  ): Promise<OnnxPredictor> {
    const { provider } = settings;
    const options = sessionOptions(settings);
    const profile = provider === 'cpu' ? undefined : await mkdtemp(join(tmpdir(), 'ardm-profile-'));
    try {
      const session = await create(bytes ?? path, provider, {
        ...options,
        ...(profile ? { enableProfiling: true, profileFilePrefix: join(profile, 'run') } : {}),
      });
      const predictor = new OnnxPredictor(session, shape.inputs, shape.output.name, bytes ? 'bytes' : 'floats');
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
    const feeds = Object.fromEntries(
      this.inputs.map((input, i) => [input.name, tensorOf(input, inputs[i] as Rows, rows)]),
    );
    const output = (await this.session.run(feeds, [this.output]))[this.output];
    if (!(output instanceof Tensor) || !(output.data instanceof Float32Array)) {
      throw new TypeError(`the network has no float output named ${this.output}`);
    }
    return output.data;
  }

  async release(): Promise<void> {
    await this.session.release();
  }
}

/** The model's file with products of bytes; undefined where it cannot be, or is no model, which opening it will tell. */
async function byteProducts(path: string): Promise<Uint8Array | undefined> {
  try {
    return withByteProducts(parseOnnx(await readFile(path)));
  } catch (error) {
    if (error instanceof UnreadableModelError || (error instanceof Error && 'code' in error)) return undefined;
    throw error;
  }
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
