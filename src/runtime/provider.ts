import { readdirSync } from 'node:fs';
import type { InferenceSession } from 'onnxruntime-node';
import type { SessionSettings } from './session.js';

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

/** ONNX Runtime options. Integer networks give the same bits under all of them; these only spare time and memory. */
export function sessionOptions({
  provider,
  intraOpNumThreads,
  deviceId,
}: SessionSettings): InferenceSession.SessionOptions {
  return {
    executionProviders: [provider === 'cuda' ? { name: provider, deviceId: deviceId ?? 0 } : provider],
    intraOpNumThreads,
    interOpNumThreads: 1,
    graphOptimizationLevel: 'all',
    // Without the arena, resident memory of two workers rose to 508 MB instead of 280 MB in batches of 1,024 rows.
    enableCpuMemArena: true,
    // Errors only: for every GPU session it warns that the table look-up stays on the CPU, as it should.
    logSeverityLevel: 3,
    // Threads that wait must not burn the cores that other workers and the event loop need. The values are strings.
    extra: { session: { intra_op: { allow_spinning: '0' }, inter_op: { allow_spinning: '0' } } },
  };
}

function listed(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
