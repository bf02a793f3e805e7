import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const ICD = 'vk_swiftshader_icd.json';
/** Longer than the script's own limits, so that its message is seen rather than a timeout. */
const INSTALL_LIMIT_MS = 15 * 60_000;

/** Environment that makes Vulkan use SwiftShader, or the reason why it cannot be had here. */
export type SwiftShader = { readonly environment: NodeJS.ProcessEnv } | { readonly missing: string };

/** Finds SwiftShader where chromium is installed; otherwise unpacks it below `.work/`. */
export function findSwiftShader(): SwiftShader {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    return { missing: `onnxruntime-node has no WebGPU on Vulkan for ${process.platform} ${process.arch}` };
  }
  const installed = '/usr/lib/chromium';
  if (existsSync(path.join(installed, ICD)) && existsSync(path.join(installed, 'libvulkan.so.1'))) {
    return environment(installed);
  }
  const unpacked = path.join(root, '.work', 'swiftshader');
  const script = path.join(root, 'scripts', 'install-swiftshader.sh');
  const { status, stderr, error } = spawnSync('sh', [script, unpacked], {
    encoding: 'utf8',
    stdio: ['ignore', 'ignore', 'pipe'],
    timeout: INSTALL_LIMIT_MS,
  });
  if (status === 0) return environment(unpacked);
  return { missing: `SwiftShader could not be unpacked: ${error?.message ?? stderr.trim()}` };
}

function environment(folder: string): SwiftShader {
  const icd = path.join(folder, ICD);
  const libraries = [folder, process.env.LD_LIBRARY_PATH].filter(Boolean).join(':');
  return {
    environment: { ...process.env, VK_ICD_FILENAMES: icd, VK_DRIVER_FILES: icd, LD_LIBRARY_PATH: libraries },
  };
}
