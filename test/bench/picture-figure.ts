import type { TopLevelSpec } from 'vega-lite';
import { STYLE } from './figures.js';

/** Sums over the pictures of a set. */
export interface PictureResult {
  readonly set: string;
  readonly pictures: number;
  readonly samples: number;
  /** Bytes. */
  readonly archives: number;
  /** The most network calls of a segment, over the pictures. */
  readonly calls: number;
  /** Bytes of the PNG files; undefined where the pictures are none. */
  readonly png: number | undefined;
  /** Bytes, by the peer's name. */
  readonly peers: Readonly<Record<string, number>>;
}

/** Bits a sample of each set: archives, PNG and peers. */
export function pictureFigure(results: readonly PictureResult[]): TopLevelSpec {
  const values = results.flatMap(({ set, samples, archives, png, peers }) => {
    const sizes: [string, number | undefined][] = [['archive', archives], ['PNG', png], ...Object.entries(peers)];
    return sizes.flatMap(([coder, size]) => (size === undefined ? [] : [{ set, coder, rate: (8 * size) / samples }]));
  });
  const domain = ['archive', 'cjxl -e 9', 'cjxl -e 7', 'cwebp -z 9', 'PNG'];
  return {
    ...STYLE,
    title: {
      text: 'Pictures without loss',
      subtitle: 'whole files with all their overhead; model=auto, calls=balanced',
    },
    data: { values },
    width: 560,
    height: 240,
    mark: 'bar',
    encoding: {
      x: {
        field: 'set',
        type: 'nominal',
        title: null,
        sort: results.map(({ set }) => set),
        axis: { labelAngle: 0, labelLimit: 150 },
      },
      xOffset: { field: 'coder', sort: domain },
      y: { field: 'rate', type: 'quantitative', title: 'bits a sample' },
      color: {
        field: 'coder',
        type: 'nominal',
        title: null,
        scale: { domain, range: ['#d55e00', '#0072b2', '#56b4e9', '#009e73', '#bbbbbb'] },
      },
    },
  };
}
