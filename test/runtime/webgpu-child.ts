/**
 * `node webgpu-child.js <model folder> <folder for the profile>`: the known rows on WebGPU, in a process of its own,
 * since a fault in a Vulkan driver would end the process that runs the tests. Prints one line of JSON, a `ChildReport`.
 */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { InferenceSession } from 'onnxruntime-node';
import { z } from 'zod';
import { computeLogits, digestOf, knownRows } from './known-rows.js';
import type { ChildReport } from './webgpu-report.js';

const profileSchema = z.array(
  z.object({ cat: z.string(), args: z.object({ op_name: z.string(), provider: z.string() }).partial().optional() }),
);

function readPlacement(profiles: string): ChildReport['placement'] {
  const placement: ChildReport['placement'] = {};
  for (const file of readdirSync(profiles)) {
    const events = profileSchema.parse(JSON.parse(readFileSync(path.join(profiles, file), 'utf8')));
    for (const { cat, args } of events) {
      if (cat === 'Node' && args?.op_name && args.provider) placement[args.op_name] = args.provider;
    }
  }
  return placement;
}

async function main(folder: string, profiles: string): Promise<void> {
  const known = knownRows(folder);
  const session = await InferenceSession.create(path.join(folder, 'model.onnx'), {
    executionProviders: ['webgpu'],
    logSeverityLevel: 3,
    enableProfiling: true,
    profileFilePrefix: path.join(profiles, 'profile'),
  });
  const digests: ChildReport['digests'] = {};
  for (const batch of [64, 7]) digests[batch] = digestOf(await computeLogits(session, known, batch));
  session.endProfiling();
  await session.release();
  console.log(JSON.stringify({ digests, placement: readPlacement(profiles) } satisfies ChildReport));
}

const [folder, profiles] = process.argv.slice(2);
await main(folder, profiles);
