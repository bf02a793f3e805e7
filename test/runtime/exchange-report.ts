import { z } from 'zod';

/** Few, since SwiftShader takes a fraction of a second for each. */
export const CALLS = 8;

/** SHA-256 of what each archive decoded to, and of the archives that were made of each input. */
export const exchangeReportSchema = z.object({
  provider: z.string(),
  originals: z.record(z.string(), z.string()),
  archives: z.record(z.string(), z.string()),
});

export type ExchangeReport = z.infer<typeof exchangeReportSchema>;
