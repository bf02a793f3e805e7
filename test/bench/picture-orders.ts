/**
 * node dist/test/bench/picture-orders.js FILE: draws what models/training/pictures/orders.py wrote, bits per dimension against network calls, beside the
 * paper's curve, into test/bench/figures/picture-orders.svg.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { z } from 'zod';
import { STYLE, toSvg } from './figures.js';

const curve = z.array(z.object({ calls: z.int(), bitsPerDimension: z.number() }));
const { pictures, ...orders } = z
  .object({ pictures: z.int(), lattice: curve, random: curve, wavefront: curve })
  .parse(JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')));

/** Hoogeboom et al. 2022, tables 2 and 3: another network (32 + 32 residual blocks, weeks on TPUs), all 10,000 pictures. */
const PAPER = [
  { calls: 50, bitsPerDimension: 2.74 },
  { calls: 100, bitsPerDimension: 2.75 },
  { calls: 500, bitsPerDimension: 2.73 },
  { calls: 3072, bitsPerDimension: 2.69 },
];

const values = Object.entries({ ...orders, 'the paper, random': PAPER }).flatMap(([order, points]) =>
  points.map((point) => ({ order, ...point })),
);
const FILE = 'test/bench/figures/picture-orders.svg';
const figure = await toSvg({
  ...STYLE,
  title: {
    text: 'CIFAR-10: bits against network calls',
    subtitle: `pictures-1, the network alone, first ${pictures} test pictures`,
  },
  data: { values },
  width: 520,
  height: 260,
  mark: { type: 'line', point: true },
  encoding: {
    x: { field: 'calls', type: 'quantitative', scale: { type: 'log' }, title: 'network calls' },
    y: { field: 'bitsPerDimension', type: 'quantitative', scale: { zero: false }, title: 'bits per dimension' },
    color: {
      field: 'order',
      type: 'nominal',
      title: null,
      scale: { range: ['#d55e00', '#0072b2', '#888888', '#009e73'] },
    },
  },
});
writeFileSync(FILE, figure);
console.log(FILE);
