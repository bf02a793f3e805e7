import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import { knownRows, modelFolders } from './known-rows.js';
import { findSwiftShader } from './swiftshader.js';
import { childReportSchema } from './webgpu-report.js';

/**
 * Every logit on WebGPU (SwiftShader, a Vulkan device in software) equals the integers of the export.
 * With ARDM_REQUIRE_WEBGPU=1, as in CI, a machine where it cannot run fails instead of skipping.
 */
const swiftShader = findSwiftShader();
const required = process.env.ARDM_REQUIRE_WEBGPU === '1';
const child = fileURLToPath(new URL('./webgpu-child.js', import.meta.url));
const WEBGPU = 'WebGpuExecutionProvider';
/** SwiftShader compiles each shader on first use: seconds, on a busy machine a minute. */
const CHILD_LIMIT_MS = 300_000;

if ('missing' in swiftShader) {
  console.error(`\n*** NOT TESTED: equality of the logits on WebGPU. ${swiftShader.missing} ***\n`);
}

for (const folder of modelFolders()) {
  const id = path.basename(folder);
  const skip = 'missing' in swiftShader && !required ? `NOT TESTED: ${swiftShader.missing}` : false;
  test(`${id}: every logit on WebGPU equals the known answer, and the layers ran there`, { skip }, () => {
    if ('missing' in swiftShader) assert.fail(swiftShader.missing);
    const known = knownRows(folder);
    const profiles = mkdtempSync(path.join(tmpdir(), 'webgpu-'));
    try {
      const { status, signal, stdout, stderr } = spawnSync(process.execPath, [child, folder, profiles], {
        encoding: 'utf8',
        env: swiftShader.environment,
        timeout: CHILD_LIMIT_MS,
      });
      assert.equal(status, 0, `the child ended with ${status ?? signal}: ${stderr}`);
      const { digests, placement } = childReportSchema.parse(JSON.parse(stdout.trim().split('\n').at(-1) ?? ''));
      assert.deepEqual(digests, { 7: known.digest, 64: known.digest });
      const product = placement.Gemm ?? placement.MatMul;
      assert.deepEqual(
        { product, Floor: placement.Floor, Clip: placement.Clip },
        { product: WEBGPU, Floor: WEBGPU, Clip: WEBGPU },
        'a provider that leaves the layers to the CPU would prove nothing',
      );
    } finally {
      rmSync(profiles, { recursive: true, force: true });
    }
  });
}
