import { readdirSync } from 'node:fs';

/** ONNX Runtime's names of the execution providers that are tried and tested here. */
export const PROVIDERS = ['cpu', 'webgpu', 'cuda'] as const;

export type Provider = (typeof PROVIDERS)[number];

/** `auto`: a GPU where there is one that reproduces the known answers, else the CPU. */
export type ProviderSetting = Provider | 'auto';

/**
 * The providers that a setting stands for, in the order in which they are tried. Each must still prove itself by its
 * known answers.
 *
 * Whether a GPU is faster has not been measured. It should be where calls have many rows, as in encoding; decoding makes
 * calls of a few rows, which a CPU may well answer sooner, and on a GPU there is but one worker.
 */
export function providerCandidates(setting: ProviderSetting, devices: readonly Provider[] = gpuDevices()): Provider[] {
  return setting === 'auto' ? [...devices, 'cpu'] : [setting];
}

/**
 * Providers for which the machine seems to have a real device. Software Vulkan devices have no node in /dev/dri, so
 * they are used only when asked for by name.
 */
export function gpuDevices(
  platform: string = process.platform,
  list: (folder: string) => string[] = listed,
): Provider[] {
  // macOS and Windows always have their GPU interface (Metal, Direct3D).
  if (platform === 'darwin' || platform === 'win32') return ['webgpu'];
  const devices: Provider[] = [];
  if (list('/dev').some((name) => /^nvidia\d+$/.test(name))) devices.push('cuda');
  if (list('/dev/dri').some((name) => name.startsWith('renderD'))) devices.push('webgpu');
  return devices;
}

function listed(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
