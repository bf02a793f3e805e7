import { z } from 'zod';
import type { DialRules } from '../../src/ardm/kind.js';

/** Few, since SwiftShader takes a fraction of a second for each. */
export const CALLS = 8;

/** How a child codes: the setting of the runtime that it is to show makes no difference. */
export const exchangeSettingSchema = z.object({
  provider: z.enum(['cpu', 'webgpu', 'cuda']),
  /** Workers, and threads of each. */
  threads: z.int(),
  products: z.enum(['bytes', 'floats']).optional(),
  /** Rows of a network call, at most. */
  mostRows: z.int().optional(),
});

/** Which models code an input: those of pictures and of sound what is named as one, all others the rest. */
export function codes(content: DialRules['content'], name: string): boolean {
  const named = name.endsWith('.ppm') ? 'pictures' : name.endsWith('.wav') ? 'sound' : 'bytes';
  return content === named;
}

export type ExchangeSetting = z.infer<typeof exchangeSettingSchema>;

/** SHA-256 of what each archive decoded to, and of the archives that were made of each input. */
export const exchangeReportSchema = z.object({
  provider: z.string(),
  products: z.enum(['bytes', 'floats']),
  originals: z.record(z.string(), z.string()),
  archives: z.record(z.string(), z.string()),
});

export type ExchangeReport = z.infer<typeof exchangeReportSchema>;
