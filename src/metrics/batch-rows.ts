/** What a worker counts: network calls by rows, in classes, and the rows of all of them. */
export interface CallCounts {
  readonly calls: readonly number[];
  readonly networkRows: number;
}

const NAME = 'ardm_batch_rows';

/**
 * The histogram of rows per network call. Workers send counts and not single calls, as a long decode makes thousands a second; prom-client's
 * histogram takes only single values, so this one writes itself (Prometheus text format 0.0.4).
 */
export class BatchRows {
  private readonly counts: number[];
  private sum = 0;

  /** @param classes upper ends, rising. */
  constructor(private readonly classes: readonly number[]) {
    this.counts = classes.map(() => 0);
  }

  add({ calls, networkRows }: CallCounts): void {
    for (const [i, count] of calls.entries()) this.counts[i] = (this.counts[i] ?? 0) + count;
    this.sum += networkRows;
  }

  text(): string {
    let total = 0;
    const buckets = this.classes.map((le, i) => {
      total += this.counts[i] ?? 0;
      return `${NAME}_bucket{le="${le}"} ${total}`;
    });
    return [
      `# HELP ${NAME} Rows (positions to be coded, of all requests that share it) of a network call.`,
      `# TYPE ${NAME} histogram`,
      ...buckets,
      `${NAME}_bucket{le="+Inf"} ${total}`,
      `${NAME}_sum ${this.sum}`,
      `${NAME}_count ${total}`,
      '',
    ].join('\n');
  }
}
