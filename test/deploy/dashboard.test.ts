import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { z } from 'zod';
import { METRICS } from './metrics.js';

/** The variable of the data source, and nothing of any Grafana in particular. */
const datasource = z.strictObject({ type: z.literal('prometheus'), uid: z.literal(['$', '{datasource}'].join('')) });

const target = z.object({
  refId: z.string().regex(/^[A-Z]$/),
  datasource,
  expr: z.string().min(1),
  legendFormat: z.string().min(1),
});

const gridPos = z.strictObject({
  x: z.int().min(0).max(23),
  y: z.int().min(0),
  w: z.int().min(1).max(24),
  h: z.int().min(1),
});

const shared = { id: z.int().min(1), title: z.string().min(1), gridPos };

const panel = z.discriminatedUnion('type', [
  z.object({ ...shared, type: z.literal('row'), collapsed: z.literal(false), panels: z.tuple([]) }),
  z.object({
    ...shared,
    type: z.literal('timeseries'),
    datasource,
    targets: z.array(target).min(1),
    fieldConfig: z.object({ defaults: z.object({ unit: z.string().min(1) }), overrides: z.array(z.unknown()) }),
  }),
  z.object({ ...shared, type: z.literal('table'), datasource, targets: z.array(target).length(1) }),
]);

/** What Grafana 11 needs of a dashboard (its schema 39), as far as this one uses it. */
const dashboard = z.object({
  uid: z.string().regex(/^[\w-]{1,40}$/),
  title: z.string().min(1),
  schemaVersion: z.literal(39),
  time: z.object({ from: z.string(), to: z.string() }),
  templating: z.object({
    list: z.tuple([
      z.object({ name: z.literal('datasource'), type: z.literal('datasource'), query: z.literal('prometheus') }),
      z.object({ name: z.literal('instance'), type: z.literal('query'), datasource, definition: z.string() }),
    ]),
  }),
  panels: z.array(panel).min(10),
});

const TEXT = readFileSync(new URL('../../../deploy/grafana/dashboard.json', import.meta.url), 'utf8');

/** Words of PromQL that stand where a metric could. */
const WORDS = ['sum', 'max', 'rate', 'increase', 'histogram_quantile', 'by', 'label_values'];

/** Series that an expression asks for: what is left without its selectors, windows, label lists, strings and numbers. */
function seriesOf(expression: string): string[] {
  const bare = expression
    .replace(/\{[^}]*\}/g, '')
    .replace(/\[[^\]]*\]/g, '')
    .replace(/\bby \([^)]*\)/g, '')
    .replace(/, \w+\)$/, ')');
  return [...bare.matchAll(/[A-Za-z_:][\w:]*/g)].map(([name]) => name).filter((name) => !WORDS.includes(name));
}

/** The metric that a series belongs to, or undefined if the service has no such series. */
function metricOf(series: string): string | undefined {
  const [, base = '', suffix] = /^(.*?)(_bucket|_sum|_count)?$/.exec(series) ?? [];
  if (suffix !== undefined && METRICS[base]?.type === 'histogram') return base;
  const metric = METRICS[series];
  return metric !== undefined && metric.type !== 'histogram' ? series : undefined;
}

/** All names that are compared with something, or grouped by. */
function labelsOf(expression: string): string[] {
  const compared = [...expression.matchAll(/(\w+)(?:=~|!~|!=|=)"/g)].map(([, name = '']) => name);
  const grouped = [...expression.matchAll(/\bby \(([^)]*)\)/g)].flatMap(([, list = '']) => list.split(/,\s*/));
  return [...compared, ...grouped];
}

describe('the Grafana dashboard', () => {
  const { panels, templating } = dashboard.parse(JSON.parse(TEXT));
  const expressions = panels.flatMap((one) => (one.type === 'row' ? [] : one.targets.map(({ expr }) => expr)));

  it('asks only for series that the service has, by labels that these have', () => {
    for (const expression of [...expressions, templating.list[1].definition]) {
      const series = seriesOf(expression);
      assert.ok(series.length > 0, expression);
      const metrics = series.map((name) => {
        const metric = metricOf(name);
        assert.ok(metric, `${name} in ${expression}`);
        return metric;
      });
      const known = ['instance', 'le', ...metrics.flatMap((name) => METRICS[name]?.labels ?? [])];
      for (const label of labelsOf(expression)) assert.ok(known.includes(label), `${label} in ${expression}`);
    }
  });

  it('shows all of the metrics', () => {
    const shown = new Set(expressions.flatMap(seriesOf).map(metricOf));
    assert.deepEqual(
      Object.keys(METRICS).filter((name) => !shown.has(name)),
      [],
    );
  });

  it('takes rates of counters and histograms, and of nothing else', () => {
    for (const expression of expressions) {
      for (const [, of, name = ''] of expression.matchAll(/(\w+)?\(?(\b(?:ardm|http|nodejs|process)_\w+)\{/g)) {
        const metric = metricOf(name) ?? '';
        const isRate = of === 'rate' || of === 'increase';
        assert.equal(isRate, METRICS[metric]?.type !== 'gauge', expression);
      }
      for (const [, range] of expression.matchAll(/\[([^\]]*)\]/g)) assert.equal(range, '$__rate_interval');
    }
  });

  it('selects the replicas in every expression', () => {
    for (const expression of expressions) {
      const selectors = [...expression.matchAll(/\{([^}]*)\}/g)];
      assert.equal(selectors.length, seriesOf(expression).length, expression);
      for (const [, selector] of selectors) assert.match(selector ?? '', /^instance=~"\$instance"/);
    }
  });

  it('names no data source but its variable', () => {
    const uids = [...TEXT.matchAll(/"uid": "([^"]*)"/g)].map(([, uid]) => uid);
    assert.deepEqual([...new Set(uids)].sort(), [['$', '{datasource}'].join(''), 'ardm-compression'].sort());
    assert.doesNotMatch(TEXT, /__inputs|__requires|"DS_/);
  });

  it('names each panel and query once, and has no panel on another', () => {
    const ids = panels.map(({ id }) => id);
    assert.equal(new Set(ids).size, ids.length);
    for (const one of panels) {
      assert.ok(one.gridPos.x + one.gridPos.w <= 24, one.title);
      if (one.type !== 'row') assert.equal(new Set(one.targets.map(({ refId }) => refId)).size, one.targets.length);
    }
    const overlap = panels.flatMap((a, i) =>
      panels.slice(i + 1).filter(({ gridPos: b }) => {
        const { x, y, w, h } = a.gridPos;
        return x < b.x + b.w && b.x < x + w && y < b.y + b.h && b.y < y + h;
      }),
    );
    assert.deepEqual(overlap, []);
  });

  it('is held to this: what is not so, is found', () => {
    assert.deepEqual(seriesOf('sum by (le) (rate(ardm_nothing_bucket{a="b_c"}[5m])) / max(ardm_jobs{})'), [
      'ardm_nothing_bucket',
      'ardm_jobs',
    ]);
    for (const series of ['ardm_nothing', 'ardm_jobs_bucket', 'ardm_batch_rows', 'ardm_batch_rows_total', 'up'])
      assert.equal(metricOf(series), undefined);
    assert.equal(metricOf('ardm_batch_rows_bucket'), 'ardm_batch_rows');
    assert.deepEqual(labelsOf('sum by (le, class) (a{x="y", z=~"."})'), ['x', 'z', 'le', 'class']);
    const stolen = TEXT.replace(['$', '{datasource}'].join(''), 'P123');
    assert.equal(dashboard.safeParse(JSON.parse(stolen)).success, false);
  });
});
