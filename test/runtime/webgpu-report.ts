import { z } from 'zod';

/** What `webgpu-child.ts` prints: digests of all logits by batch size, and where the nodes ran. */
export const childReportSchema = z.object({
  digests: z.record(z.string(), z.string()),
  /** Operator -> execution provider that ran it. */
  placement: z.record(z.string(), z.string()),
});
export type ChildReport = z.infer<typeof childReportSchema>;
