import type { Rung } from './api.js';
import { element, svgElement } from './dom.js';

const WIDTH = 320;
const HEIGHT = 150;
const INSET = { left: 44, right: 8, top: 10, bottom: 20 };

export interface Plot {
  readonly title: string;
  readonly valueAt: (rung: Rung) => number;
  /** Bounds of what is not known exactly. */
  readonly band?: (rung: Rung) => readonly [number, number];
  readonly write: (value: number) => string;
  /** What to compare with, as a line across. */
  readonly peer?: { readonly name: string; readonly value: number } | undefined;
  /** Whether equal factors are equal distances upward; otherwise the axis begins at 0. */
  readonly logarithmic: boolean;
}

/**
 * A line over the calls of a ladder, both that number and the distance between rungs on a logarithmic scale. A library of plots
 * would be ten times what this is, and would not be read aloud.
 *
 * @param at the rung that is shown with a point. @param choose is told of the rung that was clicked.
 */
export function drawPlot(ladder: readonly Rung[], at: number, plot: Plot, choose: (rung: number) => void): HTMLElement {
  const { title, valueAt, band, write, peer, logarithmic } = plot;
  const [first, last] = [ladder[0], ladder.at(-1)];
  const figure = element('figure', {}, element('figcaption', {}, title));
  if (first === undefined || last === undefined) return figure;
  const highest = Math.max(peer?.value ?? 0, ...ladder.map((rung) => band?.(rung)[1] ?? valueAt(rung)));
  const lowest = Math.min(...ladder.map(valueAt));
  const [bottom, top] = logarithmic ? decades(lowest, highest) : [0, highest * 1.15 || 1];
  const x = (rung: Rung): number =>
    INSET.left +
    (Math.log2(rung.calls / first.calls) / (Math.log2(last.calls / first.calls) || 1)) *
      (WIDTH - INSET.left - INSET.right);
  const y = (value: number): number => {
    const part = logarithmic
      ? Math.log(Math.max(value, bottom) / bottom) / Math.log(top / bottom)
      : (value - bottom) / (top - bottom);
    return HEIGHT - INSET.bottom - part * (HEIGHT - INSET.top - INSET.bottom);
  };
  const points = ladder.map((rung) => `${x(rung).toFixed(1)},${y(valueAt(rung)).toFixed(1)}`);
  const here = ladder[at] ?? last;
  const svg = svgElement('svg', {
    viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
    role: 'img',
    'aria-label': `${title}: ${ladder.map((rung) => `${rung.calls} calls, ${write(valueAt(rung))}`).join('; ')}`,
  });
  for (const value of linesOf(bottom, top, logarithmic)) {
    svg.append(
      svgElement('line', { class: 'grid', x1: INSET.left, x2: WIDTH - INSET.right, y1: y(value), y2: y(value) }),
    );
    svg.append(svgElement('text', { x: INSET.left - 6, y: y(value) + 3.5, 'text-anchor': 'end' }, write(value)));
  }
  if (peer) {
    svg.append(
      svgElement('line', {
        class: 'peer',
        x1: INSET.left,
        x2: WIDTH - INSET.right,
        y1: y(peer.value),
        y2: y(peer.value),
      }),
    );
    svg.append(svgElement('text', { x: WIDTH - INSET.right, y: y(peer.value) - 4, 'text-anchor': 'end' }, peer.name));
  }
  if (band) {
    const [lower, upper] = [ladder.map((rung) => band(rung)[0]), ladder.map((rung) => band(rung)[1])];
    const there = ladder.map((rung, index) => `${x(rung)},${y(upper[index] ?? 0)}`);
    const back = ladder.map((rung, index) => `${x(rung)},${y(lower[index] ?? 0)}`).reverse();
    svg.append(svgElement('polygon', { class: 'band', points: [...there, ...back].join(' ') }));
  }
  svg.append(svgElement('polyline', { class: 'line', points: points.join(' ') }));
  svg.append(svgElement('circle', { class: 'at', cx: x(here), cy: y(valueAt(here)), r: 5.5 }));
  for (const rung of [first, ...ladder.filter(({ calls }) => calls === 32), last]) {
    svg.append(
      svgElement(
        'text',
        { x: x(rung), y: HEIGHT - 4, 'text-anchor': rung === last ? 'end' : 'middle' },
        String(rung.calls),
      ),
    );
  }
  const step = (WIDTH - INSET.left - INSET.right) / ladder.length;
  for (const [index, rung] of ladder.entries()) {
    const hit = svgElement('rect', { class: 'hit', x: x(rung) - step / 2, y: 0, width: step, height: HEIGHT });
    hit.addEventListener('click', () => choose(index));
    svg.append(hit);
  }
  figure.append(svg);
  return figure;
}

/** Powers of ten around two values. */
function decades(lowest: number, highest: number): [number, number] {
  const from = 10 ** Math.floor(Math.log10(Math.max(lowest, 1e-4)));
  const to = 10 ** Math.ceil(Math.log10(Math.max(highest, 1e-4)));
  return [from, to > from ? to : from * 10];
}

function linesOf(bottom: number, top: number, logarithmic: boolean): number[] {
  if (!logarithmic) {
    const unit = 10 ** Math.floor(Math.log10(top / 2));
    const step = [5, 2, 1].map((factor) => factor * unit).find((size) => top / size >= 2) ?? unit;
    return Array.from({ length: Math.floor(top / step) + 1 }, (_, index) => index * step);
  }
  const count = Math.round(Math.log10(top / bottom));
  return Array.from({ length: count + 1 }, (_, index) => bottom * 10 ** index);
}
