import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { type InferenceSession, Tensor } from 'onnxruntime-node';
import { z } from 'zod';

/**
 * The rows that a model's known answer is about, computed here anew, so that the runtime's own check is not what it is
 * checked against.
 */
const codingSchema = z.object({ columns: z.array(z.object({ bits: z.int(), offset: z.int() })) });
const manifestSchema = z.object({
  knownAnswer: z.object({ rows: z.int(), seed: z.int(), digest: z.string() }),
});

export interface KnownRows {
  readonly columns: number;
  readonly rows: number;
  /** Row-major table indices. */
  readonly indices: Int32Array;
  /** Hex SHA-256 of the logits as little-endian int16, row-major. */
  readonly digest: string;
}

const root = fileURLToPath(new URL('../../../', import.meta.url));

/** Folders of all models whose rows are looked up in a table: those that are shipped, and the fixtures. */
export function modelFolders(): string[] {
  return ['models', 'test/fixtures/models']
    .map((folder) => path.join(root, folder))
    .filter((folder) => existsSync(folder))
    .flatMap((folder) => readdirSync(folder).map((id) => path.join(folder, id)))
    .filter((folder) => existsSync(path.join(folder, 'model.onnx')) && hasTable(folder));
}

function hasTable(folder: string): boolean {
  return 'columns' in (JSON.parse(readFileSync(path.join(folder, 'coding.json'), 'utf8')) as object);
}

export function knownRows(folder: string): KnownRows {
  const read = (name: string): unknown => JSON.parse(readFileSync(path.join(folder, name), 'utf8'));
  const { columns } = codingSchema.parse(read('coding.json'));
  const { rows, seed, digest } = manifestSchema.parse(read('manifest.json')).knownAnswer;
  const indices = new Int32Array(rows * columns.length);
  let state = seed;
  for (let row = 0, i = 0; row < rows; row++) {
    for (const { bits, offset } of columns) {
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      indices[i++] = offset + (state >>> (32 - bits));
    }
  }
  return { columns: columns.length, rows, indices, digest };
}

/** What a session is fed for `rows` rows of indices. */
export type Feed = (indices: Int32Array, rows: number) => Record<string, Tensor>;

const feedIndices: Feed = (indices, rows) => ({ indices: new Tensor('int32', indices, [rows, indices.length / rows]) });

/** All logits, computed `batch` rows at a time; the last call may be shorter. */
export async function computeLogits(
  session: InferenceSession,
  known: KnownRows,
  batch: number,
  feed = feedIndices,
): Promise<Float32Array> {
  const logits = new Float32Array(known.rows * 256);
  for (let row = 0; row < known.rows; row += batch) {
    const rows = Math.min(batch, known.rows - row);
    const slice = known.indices.slice(row * known.columns, (row + rows) * known.columns);
    const output = await session.run(feed(slice, rows));
    const { data } = output.logits;
    if (!(data instanceof Float32Array) || data.length !== rows * 256) throw new TypeError('logits have another shape');
    logits.set(data, row * 256);
  }
  return logits;
}

export function digestOf(logits: Float32Array): string {
  const bytes = Buffer.alloc(logits.length * 2);
  // writeInt16LE throws where a value does not fit, and would drop a fraction: refuse one first.
  logits.forEach((logit, i) => {
    if (!Number.isInteger(logit)) throw new RangeError(`logit ${i} is ${logit}, not a whole number`);
    bytes.writeInt16LE(logit, i * 2);
  });
  return createHash('sha256').update(bytes).digest('hex');
}
