import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { UnreadableModelError } from '../onnx/errors.js';
import { type AuditReport, auditModel } from './audit.js';
import { type DeclaredGraph, declaredGraph } from './declared.js';
import { GraphContractError } from './errors.js';

const codingSchema = z.object({
  columns: z.array(z.object({ context: z.string(), bits: z.int().min(0).max(31), offset: z.int().min(0) })).min(1),
});

const manifestSchema = z.object({ graphs: z.array(declaredGraph).min(1).optional() });

/** Audits each graph of a model folder: those that its manifest declares, or else the one that looks contexts up. */
export async function auditFolder(folder: string): Promise<AuditReport[]> {
  const reports: AuditReport[] = [];
  for (const graph of (await declaredGraphs(folder)) ?? []) {
    reports.push(auditModel(await read(path.join(folder, graph.file)), graph));
  }
  return reports.length > 0 ? reports : [await auditLookups(folder)];
}

async function declaredGraphs(folder: string): Promise<DeclaredGraph[] | undefined> {
  let text: string;
  try {
    text = await readFile(path.join(folder, 'manifest.json'), 'utf8');
  } catch {
    // A model that is about to be exported has none yet.
    return undefined;
  }
  try {
    return manifestSchema.parse(JSON.parse(text)).graphs;
  } catch (cause) {
    throw new UnreadableModelError(`manifest.json does not declare graphs: ${String(cause)}`, { cause });
  }
}

/**
 * Audits the graph of a context or attention model, and that the rows its `coding.json` names are the table's rows: an index out of
 * range would be an error with one provider and a zero with another.
 */
async function auditLookups(folder: string): Promise<AuditReport> {
  // One after the other: where both are missing, it is always the same that is named.
  const model = await read(path.join(folder, 'model.onnx'));
  const text = await read(path.join(folder, 'coding.json'));
  const report = auditModel(model);
  const { columns } = parseCoding(text);
  if (columns.length !== report.columns) {
    throw new GraphContractError(`coding.json has ${columns.length} columns, the graph's input ${report.columns}`);
  }
  const rows = report.table?.rows ?? 0;
  for (const { context, bits, offset } of columns) {
    if (offset + 2 ** bits > rows) {
      throw new GraphContractError(`column ${context} ends at row ${offset + 2 ** bits} of ${rows}`);
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
