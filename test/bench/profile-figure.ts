import type { TopLevelSpec } from 'vega-lite';
import { STYLE } from './figures.js';
import { type Budget, PHASES, type Phase, type Profile, roofline } from './profile-results.js';

/** Okabe and Ito's colours again; what is small is grey. */
const COLOURS: Readonly<Record<Exclude<Phase, 'waiting'>, string>> = {
  upload: '#999999',
  tables: '#f0e442',
  features: '#009e73',
  network: '#0072b2',
  coding: '#d55e00',
  answer: '#cccccc',
  rest: '#666666',
};

const SIZES: readonly (readonly [bytes: number, title: string])[] = [
  [1_024, '1 KiB'],
  [200_000, '200 KB'],
  [5_000_000, '5 MB'],
];

/** Microseconds a byte by phase, those of all threads added up, one bar for each request; a tick where the network's roofline is. */
export function budgetFigure({ model, machine, budgets, date }: Profile): TopLevelSpec {
  const shown = PHASES.filter((phase) => phase !== 'waiting');
  const title = ({ operation, preset }: Budget): string => `${operation}, ${preset}`;
  const values = budgets.flatMap((budget) =>
    shown.map((phase) => ({
      request: title(budget),
      size: SIZES.find(([bytes]) => bytes === budget.bytes)?.[1] ?? String(budget.bytes),
      phase,
      order: shown.indexOf(phase),
      micros: (1_000 * budget.phases[phase]) / budget.bytes,
      roof: phase === 'upload' ? roofline(machine, budget.rowsPerCall) : null,
    })),
  );
  const y = { field: 'request', type: 'nominal', title: null, sort: null } as const;
  return {
    ...STYLE,
    title: {
      text: 'Where the time goes',
      subtitle: `${model}, one request on an idle server, threads added up, ${date}; black ticks: the least that the network could take on a core of this machine`,
    },
    data: { values },
    facet: { row: { field: 'size', type: 'nominal', title: null, sort: SIZES.map(([, name]) => name) } },
    spec: {
      width: 560,
      height: { step: 22 },
      layer: [
        {
          mark: 'bar',
          encoding: {
            y,
            x: { field: 'micros', type: 'quantitative', title: 'microseconds a byte', stack: 'zero' },
            color: {
              field: 'phase',
              type: 'nominal',
              title: null,
              sort: [...shown],
              scale: { domain: [...shown], range: shown.map((phase) => COLOURS[phase]) },
            },
            order: { field: 'order', type: 'ordinal' },
          },
        },
        {
          transform: [{ filter: 'datum.roof !== null' }],
          mark: { type: 'tick', color: 'black', thickness: 2, size: 20 },
          encoding: { y, x: { field: 'roof', type: 'quantitative' } },
        },
      ],
    },
    resolve: { scale: { y: 'independent' } },
  };
}
