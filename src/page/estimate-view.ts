import type { Estimate, Rung } from './api.js';
import { drawBars } from './bars.js';
import { byId, element } from './dom.js';
import { bytes, comparison, count, percent, seconds, shortBytes } from './format.js';
import { drawPlot } from './plot.js';

/** Sizes and times over the dial. */
export class EstimateView {
  private readonly box = byId('estimate', HTMLElement);
  private readonly dial = byId('dial', HTMLInputElement);
  private readonly ticks = byId('ticks', HTMLElement);
  private estimate: Estimate | undefined;
  /** What the dial stands at, and is put back to when another file has another ladder. */
  private wanted: number | undefined;

  /** @param turned is told that the dial stands elsewhere. */
  constructor(private readonly turned: () => void) {
    this.dial.addEventListener('input', () => this.turn(Number(this.dial.value)));
  }

  /** Network calls per block that the dial stands at; undefined until there was an estimate. */
  get calls(): number | undefined {
    return this.wanted;
  }

  wait(): void {
    this.box.setAttribute('aria-busy', 'true');
  }

  show(estimate: Estimate): void {
    this.estimate = estimate;
    this.box.setAttribute('aria-busy', 'false');
    const { ladder } = estimate;
    const balanced = ladder.find(({ names }) => names?.includes('balanced'))?.calls ?? 32;
    this.wanted ??= balanced;
    const at = nearest(ladder, this.wanted);
    this.dial.disabled = false;
    this.dial.max = String(ladder.length - 1);
    this.dial.value = String(at);
    this.ticks.replaceChildren(
      ...ladder.map(({ calls, names }) =>
        element(
          'span',
          {},
          element('b', {}, String(calls)),
          element('i', { class: 'names' }, (names ?? []).join(', ')),
        ),
      ),
    );
    this.draw(at);
  }

  /** Nothing is known, since the server refused. */
  fail(): void {
    this.box.setAttribute('aria-busy', 'false');
    this.box.hidden = this.estimate === undefined;
  }

  private turn(at: number): void {
    this.dial.value = String(at);
    this.wanted = this.estimate?.ladder[at]?.calls;
    this.draw(at);
    this.turned();
  }

  private draw(at: number): void {
    const { estimate } = this;
    const rung = estimate?.ladder[at];
    if (estimate === undefined || rung === undefined) return;
    this.box.hidden = false;
    const { originalBytes, exact, peers, ladder } = estimate;
    const certain = exact || rung.lowest === rung.highest;
    byId('size', HTMLOutputElement).value = `${certain ? '' : '≈ '}${bytes(rung.bytes)}`;
    const best = peers.reduce(
      (least, peer) => (peer.bytes < least.bytes ? peer : least),
      peers[0] ?? { name: '', bytes: Infinity },
    );
    byId('size-note', HTMLElement).textContent = [
      ...(originalBytes > 0 ? [`${percent(rung.bytes, originalBytes)} of ${count(originalBytes)}`] : []),
      ...(certain ? [] : [`between ${count(rung.lowest)} and ${count(rung.highest)}`]),
      ...(Number.isFinite(best.bytes) && originalBytes > 0
        ? [`${comparison(rung.bytes, best.bytes)} than ${unbroken(best.name)}`.replace('as large than', 'as large as')]
        : []),
    ].join(' · ');
    const said = `${rung.calls} calls${(rung.names ?? []).map((name) => `, ${name}`).join('')}: ${bytes(rung.bytes)}`;
    this.dial.setAttribute('aria-valuetext', said);
    for (const [index, tick] of [...this.ticks.children].entries()) tick.classList.toggle('on', index === at);
    drawBars(byId('bars', HTMLTableSectionElement), [
      { name: 'As it is', bytes: originalBytes },
      ...peers,
      { name: 'ARDM', bytes: rung.bytes, own: true, about: !certain },
    ]);
    byId('time', HTMLElement).textContent =
      `On this server about ${seconds(rung.compressSeconds)} to compress, and ${seconds(rung.decompressSeconds)} to decompress.`;
    this.plot(ladder, at, exact, best);
  }

  private plot(ladder: readonly Rung[], at: number, exact: boolean, best: Estimate['peers'][number]): void {
    const choose = (index: number): void => this.turn(index);
    byId('plots', HTMLElement).replaceChildren(
      drawPlot(
        ladder,
        at,
        {
          title: 'Bytes, over calls',
          valueAt: (rung) => rung.bytes,
          ...(exact ? {} : { band: (rung: Rung) => [rung.lowest, rung.highest] as const }),
          write: shortBytes,
          peer: Number.isFinite(best.bytes) ? { name: best.name, value: best.bytes } : undefined,
          logarithmic: false,
        },
        choose,
      ),
      drawPlot(
        ladder,
        at,
        {
          title: 'Time to decompress, over calls',
          valueAt: (rung) => rung.decompressSeconds,
          write: seconds,
          logarithmic: true,
        },
        choose,
      ),
    );
  }
}

/** A name with an option, whose hyphen begins no line of its own. */
function unbroken(name: string): string {
  return name.replaceAll(' ', '\u00a0').replaceAll('-', '\u2011');
}

function nearest(ladder: readonly Rung[], calls: number): number {
  const distances = ladder.map((rung) => Math.abs(Math.log2(rung.calls / calls)));
  return Math.max(0, distances.indexOf(Math.min(...distances)));
}
