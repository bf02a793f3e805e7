import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { UnreadableModelError } from '../onnx/errors.js';
import { type AuditReport, auditModel } from './audit.js';
import { GraphContractError } from './errors.js';

const codingSchema = z.object({
  columns: z.array(z.object({ context: z.string(), bits: z.int().min(0).max(31), offset: z.int().min(0) })).min(1),
});

/**
 * Audits the graph of a model folder, and that the rows its `coding.json` names are the table's rows: an index out of
 * range would be an error with one provider and a zero with another.
 */
export async function auditFolder(folder: string): Promise<AuditReport> {
  // One after the other: where both are missing, it is always the same that is named.
  const model = await read(path.join(folder, 'model.onnx'));
  const text = await read(path.join(folder, 'coding.json'));
  const report = auditModel(model);
  const { columns } = parseCoding(text);
  if (columns.length !== report.columns) {
    throw new GraphContractError(`coding.json has ${columns.length} columns, the graph's input ${report.columns}`);
  }
  for (const { context, bits, offset } of columns) {
    if (offset + 2 ** bits > report.table.rows) {
      throw new GraphContractError(`column ${context} ends at row ${offset + 2 ** bits} of ${report.table.rows}`);
    }
  }
  return report;
}

async function read(file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (cause) {
    throw new UnreadableModelError(`cannot read ${file}`, { cause });
  }
}

function parseCoding(text: Buffer): z.infer<typeof codingSchema> {
  try {
    return codingSchema.parse(JSON.parse(text.toString('utf8')));
  } catch (cause) {
    throw new UnreadableModelError(`coding.json does not list columns: ${String(cause)}`, { cause });
  }
}
