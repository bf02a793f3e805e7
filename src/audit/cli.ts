/**
 * `node dist/src/audit/cli.js models/text-1 [more folders]`: prints what is proven of every node.
 * Exit code 0 if all models passed, 1 if one is refused, 2 for wrong usage.
 */
import { ArdmError } from '../errors.js';
import type { AuditReport } from './audit.js';
import { auditFolder } from './folder.js';

const folders = process.argv.slice(2);
if (folders.length === 0) {
  console.error('usage: node dist/src/audit/cli.js <model folder>...');
  process.exitCode = 2;
}
for (const folder of folders) {
  try {
    console.log(`${folder}\n${(await auditFolder(folder)).map(format).join('\n')}`);
  } catch (error) {
    if (!(error instanceof ArdmError)) throw error;
    console.error(`${folder}\nREFUSED (${error.code}): ${error.message}`);
    process.exitCode = 1;
  }
}

function format({ kind, nodes, columns, table }: AuditReport): string {
  const rows = nodes.map(({ name, opType, lo, hi, grid, headroom }) => [
    name,
    opType,
    String(lo),
    String(hi),
    `2^${grid}`,
    headroom.toFixed(1),
  ]);
  const header = ['node', 'operator', 'lowest', 'highest', 'unit', 'bits to spare'];
  const widths = header.map((title, i) => Math.max(title.length, ...rows.map((row) => row[i].length)));
  const line = (cells: string[]) =>
    cells.map((cell, i) => (i < 2 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join('  ');
  const least = Math.min(...nodes.map((node) => node.headroom));
  return [
    line(header),
    ...rows.map(line),
    `exact: ${kind === 'attention' ? 'attention model, ' : ''}${nodes.length} nodes, at least ${least.toFixed(1)} of 24 bits to spare` +
      (table ? `; ${columns} columns, table ${table.rows} x ${table.width}` : ''),
  ].join('\n');
}
