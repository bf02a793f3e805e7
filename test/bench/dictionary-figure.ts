import type { TopLevelSpec } from 'vega-lite';

/** Bytes of the measured records of one source, all together. */
export interface DictionaryResult {
  readonly kind: string;
  readonly name: string;
  readonly records: number;
  readonly samples: number;
  readonly raw: number;
  readonly alone: { readonly ardm: number; readonly brotli: number; readonly zstd: number | undefined };
  readonly sizes: readonly {
    readonly size: number;
    readonly chosen: number;
    /** Of a dictionary that is simply the first bytes of the samples, where that was measured. */
    readonly first: number | undefined;
    readonly zstd: number | undefined;
  }[];
}

/** Bytes a record against the size of the dictionary, for each kind of record, beside zstd's trained dictionaries. */
export function dictionaryFigure(results: readonly DictionaryResult[]): TopLevelSpec {
  const values: { kind: string; coder: string; size: number; bytes: number }[] = [];
  for (const kind of new Set(results.map((result) => result.kind))) {
    const of = results.filter((result) => result.kind === kind && result.sizes.every(({ zstd }) => zstd !== undefined));
    const records = of.reduce((sum, result) => sum + result.records, 0);
    for (const [i, { size }] of (of[0]?.sizes ?? []).entries()) {
      const mean = (bytes: (s: DictionaryResult['sizes'][number]) => number): number =>
        of.reduce((sum, { sizes }) => sum + bytes(sizes[i] as DictionaryResult['sizes'][number]), 0) / records;
      values.push({ kind, coder: 'ardm, bare frame', size: size / 1024, bytes: mean(({ chosen }) => chosen) });
      values.push({ kind, coder: 'zstd -19, trained', size: size / 1024, bytes: mean(({ zstd }) => zstd ?? 0) });
    }
  }
  return {
    $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
    background: 'white',
    data: { values },
    facet: { column: { field: 'kind', type: 'nominal', title: null } },
    spec: {
      width: 200,
      height: 220,
      mark: { type: 'line', point: true },
      encoding: {
        x: {
          field: 'size',
          type: 'quantitative',
          scale: { type: 'log', base: 4 },
          title: 'dictionary, KiB',
          axis: { values: [1, 4, 16, 64] },
        },
        y: { field: 'bytes', type: 'quantitative', title: 'bytes a record' },
        color: { field: 'coder', type: 'nominal', title: null },
      },
    },
    resolve: { scale: { y: 'independent' } },
  };
}
