import { parse, View } from 'vega';
import { compile, type TopLevelSpec } from 'vega-lite';
import { type GroupId, PEERS, type PeerName, type Results } from './results.js';

const PEER_NAMES: Readonly<Record<PeerName, string>> = {
  gzip: 'gzip -9',
  zstd: 'zstd -19',
  brotli: 'brotli -q 11',
  xz: 'xz -9e',
  zpaq: 'zpaq -m5',
};

/** Okabe and Ito's colours, which people with colour blindness tell apart; the greys and pale ones are the peers'. */
const AUTO_COLOUR = '#d55e00';
const MODEL_COLOURS = ['#0072b2', '#cc79a7', '#e69f00'];
const PEER_COLOURS: Readonly<Record<PeerName, string>> = {
  gzip: '#bbbbbb',
  zstd: '#888888',
  brotli: '#009e73',
  xz: '#56b4e9',
  zpaq: '#000000',
};

const COLUMNS = 3;

/** Bits per byte. Points above, which say nothing but how long a container is, would press all others together. */
const MOST_SHOWN = 12;

export const STYLE = {
  background: 'white',
  config: {
    font: 'sans-serif',
    axis: { gridColor: '#eeeeee' },
    header: { labelFontSize: 12, labelFontWeight: 'bold' },
  },
} as const;

/** Draws without a browser. */
export async function toSvg(figure: TopLevelSpec): Promise<string> {
  const view = new View(parse(compile(figure).spec), { renderer: 'none' });
  const svg = await view.toSVG();
  view.finalize();
  return `${svg}\n`;
}

/** One panel for each group: every model alone over its ladder of calls on 1 KiB pieces, and brotli's rate on the same. */
export function ratesByCalls({ ladder, rows, models, titles }: Results): TopLevelSpec {
  const sizeOf = (group: GroupId): 1024 | 'whole' => (group === 'records' ? 'whole' : 1024);
  const lines = ladder
    .filter(({ group, size }) => size === sizeOf(group))
    .map((row) => ({
      panel: titles[row.group],
      series: row.model,
      calls: row.calls,
      rate: (8 * row.archives) / row.bytes,
    }));
  const flat = rows
    .filter(({ group, size }) => size === sizeOf(group))
    .flatMap(({ group, bytes, peers }) => {
      if (peers.brotli === null) return [];
      const point = { panel: titles[group], series: PEER_NAMES.brotli, rate: (8 * peers.brotli) / bytes };
      return [1, 1024].map((calls) => ({ ...point, calls }));
    });
  const series = [...models.map(({ id }) => id), PEER_NAMES.brotli];
  const range = [...models.map((_, i) => colourOf(i)), PEER_COLOURS.brotli];
  const values = [...lines, ...flat];
  const colour = { field: 'series', type: 'nominal', title: null, scale: { domain: series, range } } as const;
  const brotli = `datum.series === '${PEER_NAMES.brotli}'`;
  return {
    ...STYLE,
    title: {
      text: 'Rate against the dial',
      subtitle: 'A model alone; pieces of 1 KiB, JSON records as they are; whole archives with all their overhead',
    },
    data: { values },
    facet: { field: 'panel', type: 'nominal', title: null, sort: panelsOf(values) },
    columns: COLUMNS,
    spec: {
      width: 210,
      height: 150,
      layer: [
        {
          transform: [{ filter: `!(${brotli})` }],
          mark: { type: 'line', point: { size: 25 } },
          encoding: { color: colour },
        },
        { transform: [{ filter: brotli }], mark: { type: 'line', strokeDash: [5, 3] }, encoding: { color: colour } },
      ],
      encoding: {
        x: {
          field: 'calls',
          type: 'quantitative',
          title: 'calls per 1,024 bytes (log)',
          scale: { type: 'log', base: 2, domain: [1, 1024] },
          axis: { values: [1, 4, 16, 64, 256, 1024], format: 'd', labelOverlap: false, labelFlush: false },
        },
        y: { field: 'rate', type: 'quantitative', title: 'bits per byte', scale: { zero: true } },
      },
    },
    resolve: { axis: { x: 'independent', y: 'independent' } },
  };
}

/** One panel for each group that has several sizes: `auto` and every model alone at `balanced`, and all peers. */
export function ratesBySize({ rows, models, titles, peers }: Results): TopLevelSpec {
  const sized = rows.filter(({ group }) => rows.some((row) => row.group === group && row.size !== 'whole'));
  const values = sized.flatMap((row) => {
    const sizes: [string, number | null | undefined][] = [
      ...PEERS.map((peer): [string, number | null] => [PEER_NAMES[peer], row.peers[peer]]),
      ...models.map(({ id }): [string, number | undefined] => [`${id} alone`, row.models[id]]),
      ['auto', row.auto],
    ];
    return sizes.flatMap(([series, size]) => {
      if (size === null || size === undefined) return [];
      const input = { panel: titles[row.group], series, bytes: row.bytes / row.inputs, whole: row.size === 'whole' };
      return [{ ...input, rate: (8 * size) / row.bytes }].filter(({ rate }) => rate <= MOST_SHOWN);
    });
  });
  const alone = models.map(({ id }) => `${id} alone`);
  const present = PEERS.filter((peer) => peers[peer] !== null);
  const domain = ['auto', ...alone, ...present.map((peer) => PEER_NAMES[peer])];
  const range = [AUTO_COLOUR, ...models.map((_, i) => colourOf(i)), ...present.map((peer) => PEER_COLOURS[peer])];
  return {
    ...STYLE,
    title: {
      text: 'Rate against size',
      subtitle: [
        'calls=balanced; pieces of 256 B, 1, 4 and 64 KiB, and whole files at their mean length (hollow)',
        `not shown: above ${MOST_SHOWN} bits per byte, where zpaq's container of 1,000 bytes takes it on short pieces`,
      ],
    },
    data: { values },
    facet: { field: 'panel', type: 'nominal', title: null, sort: panelsOf(values) },
    columns: COLUMNS,
    spec: {
      width: 210,
      height: 170,
      encoding: {
        x: {
          field: 'bytes',
          type: 'quantitative',
          title: 'bytes of the input (log; K is 1,024)',
          scale: { type: 'log', base: 2, domain: [200, 2 ** 20], nice: false },
          axis: {
            values: [256, 1024, 4096, 16384, 65536, 262144, 2 ** 20],
            labelExpr: "datum.value < 1024 ? datum.value : datum.value < 1e6 ? datum.value / 1024 + 'K' : '1M'",
            labelOverlap: false,
            labelFontSize: 9,
          },
        },
        y: {
          field: 'rate',
          type: 'quantitative',
          title: 'bits per byte (log)',
          scale: { type: 'log', domain: [0.2, MOST_SHOWN], nice: false },
          axis: { values: [0.2, 0.5, 1, 2, 4, 8], format: '~r' },
        },
        color: { field: 'series', type: 'nominal', title: null, scale: { domain, range } },
      },
      layer: [
        {
          mark: 'line',
          encoding: {
            strokeWidth: { condition: { test: "datum.series === 'auto'", value: 3 }, value: 1.3 },
            strokeDash: {
              condition: { test: { field: 'series', oneOf: alone }, value: [4, 2] },
              value: [1, 0],
            },
          },
        },
        { transform: [{ filter: '!datum.whole' }], mark: { type: 'point', size: 22, filled: true, opacity: 1 } },
        { transform: [{ filter: 'datum.whole' }], mark: { type: 'point', size: 22, fill: 'white', opacity: 1 } },
      ],
    },
    resolve: { axis: { x: 'independent', y: 'independent' } },
  };
}

const colourOf = (index: number): string => MODEL_COLOURS[index % MODEL_COLOURS.length] as string;

/** Panels in the order in which the groups were measured. */
function panelsOf(values: readonly { readonly panel: string | undefined }[]): string[] {
  return [...new Set(values.map(({ panel }) => panel ?? ''))];
}
