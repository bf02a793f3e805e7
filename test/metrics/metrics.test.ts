import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Metrics } from '../../src/metrics/metrics.js';
import { countCall, newUsage } from '../../src/runtime/usage.js';
import { METRICS } from '../deploy/metrics.js';

/** Values of a text in Prometheus' format, by name and labels as they stand there. */
function parse(text: string): Map<string, number> {
  const values = new Map<string, number>();
  for (const line of text.split('\n')) {
    if (line === '' || line.startsWith('#')) continue;
    const [, key, value] =
      /^([a-z_0-9]+(?:\{[^}]*\})?) ([-+\w.]+|Nan)$/i.exec(line) ?? assert.fail(`not a sample: ${line}`);
    assert.ok(!values.has(key as string), `twice: ${key}`);
    values.set(key as string, Number(value));
  }
  return values;
}

const seen = async (metrics: Metrics): Promise<Map<string, number>> => parse(await metrics.text());

describe('metrics', () => {
  it('count requests by route, status and problem, and those that run', async () => {
    const metrics = new Metrics();
    const common = { method: 'POST', route: '/v1/compress' };
    for (let i = 0; i < 3; i++) metrics.started();
    metrics.answered({ ...common, status: 200, seconds: 0.02, code: undefined });
    metrics.answered({ ...common, status: 503, seconds: 0.001, code: 'overloaded' });
    const values = await seen(metrics);
    const of = (status: number): string => `{method="POST",route="/v1/compress",status="${status}"}`;
    assert.equal(values.get(`http_server_request_duration_seconds_count${of(200)}`), 1);
    assert.equal(values.get(`http_server_request_duration_seconds_count${of(503)}`), 1);
    assert.equal(values.get('ardm_problems_total{code="overloaded"}'), 1);
    assert.equal(values.get('http_server_active_requests'), 1);
  });

  it('count bytes and the ratio of what was compressed by what coded it, and leave out the ratio of nothing', async () => {
    const metrics = new Metrics();
    metrics.coded({ operation: 'compress', model: 'text', inputBytes: 1_000, outputBytes: 240 });
    metrics.coded({ operation: 'compress', model: 'text', inputBytes: 0, outputBytes: 12 });
    metrics.coded({ operation: 'compress', model: 'pictures', inputBytes: 3_000, outputBytes: 1_500 });
    metrics.coded({ operation: 'decompress', model: 'text', inputBytes: 240, outputBytes: 1_000 });
    const values = await seen(metrics);
    assert.equal(values.get('ardm_input_bytes_total{operation="compress",model="text"}'), 1_000);
    assert.equal(values.get('ardm_input_bytes_total{operation="compress",model="pictures"}'), 3_000);
    assert.equal(values.get('ardm_output_bytes_total{operation="decompress",model="text"}'), 1_000);
    assert.equal(values.get('ardm_compression_ratio_count{model="text"}'), 1);
    assert.equal(values.get('ardm_compression_ratio_sum{model="text"}'), 0.24);
    assert.equal(values.get('ardm_compression_ratio_sum{model="pictures"}'), 0.5);
  });

  it('add up what workers say: calls, their rows, and seconds by phase', async () => {
    const metrics = new Metrics();
    for (const calls of [[8, 8, 256], [1]]) {
      const usage = newUsage();
      for (const rows of calls) countCall(usage, rows, 2);
      usage.phases.features += 500;
      metrics.used(usage);
    }
    const values = await seen(metrics);
    assert.equal(values.get('ardm_network_calls_total'), 4);
    assert.equal(values.get('ardm_batch_rows_count'), 4);
    assert.equal(values.get('ardm_batch_rows_sum'), 273);
    assert.equal(values.get('ardm_batch_rows_bucket{le="1"}'), 1);
    assert.equal(values.get('ardm_batch_rows_bucket{le="8"}'), 3);
    assert.equal(values.get('ardm_batch_rows_bucket{le="256"}'), 4);
    assert.equal(values.get('ardm_batch_rows_bucket{le="+Inf"}'), 4);
    assert.equal(values.get('ardm_phase_seconds_total{phase="features"}'), 1);
    assert.equal(values.get('ardm_phase_seconds_total{phase="network"}'), 0.008);
  });

  it('ask for the length of lines when somebody looks, and count waits, losses and retries', async () => {
    const metrics = new Metrics();
    let length = 3;
    metrics.watch('short', () => length);
    assert.equal((await seen(metrics)).get('ardm_queue_depth{class="short"}'), 3);
    length = 0;
    metrics.waited('short', 0.3);
    metrics.workerLost();
    metrics.retried();
    metrics.retried();
    const values = await seen(metrics);
    assert.equal(values.get('ardm_queue_depth{class="short"}'), 0);
    assert.equal(values.get('ardm_queue_wait_seconds_bucket{le="0.25",class="short"}'), 0);
    assert.equal(values.get('ardm_queue_wait_seconds_bucket{le="0.5",class="short"}'), 1);
    assert.equal(values.get('ardm_session_restarts_total'), 1);
    assert.equal(values.get('ardm_task_retries_total'), 2);
  });

  it('name the provider, and show the event loop and the process', async () => {
    const metrics = new Metrics();
    metrics.runsOn({ provider: 'cpu', requested: 'auto', products: 'bytes' });
    const values = await seen(metrics);
    assert.equal(values.get('ardm_provider_info{provider="cpu",requested="auto",products="bytes"}'), 1);
    for (const name of ['nodejs_eventloop_lag_p99_seconds', 'process_resident_memory_bytes'])
      assert.ok(values.has(name));
  });

  it('are those that the dashboard and the runbook name', async () => {
    const text = await new Metrics().text();
    for (const [name, { type }] of Object.entries(METRICS)) {
      assert.ok(text.includes(`# TYPE ${name} ${type}\n`), name);
    }
  });

  it('ask for jobs when somebody looks, and say nothing of them when they cannot be asked for', async () => {
    const metrics = new Metrics();
    let reachable = true;
    metrics.watchJobs(async () => {
      if (!reachable) throw new Error('no Redis');
      return { waiting: 4, active: 1 };
    });
    metrics.worked(2);
    const values = await seen(metrics);
    assert.equal(values.get('ardm_jobs{state="queued"}'), 4);
    assert.equal(values.get('ardm_jobs{state="active"}'), 1);
    assert.equal(values.get('ardm_jobs_waiting'), 4);
    assert.equal(values.get('ardm_job_duration_seconds_count'), 1);
    reachable = false;
    const later = await seen(metrics);
    assert.equal(later.has('ardm_jobs{state="queued"}'), false);
    assert.ok(Number.isNaN(later.get('ardm_jobs_waiting')));
  });

  it('of two services in one process do not touch each other', async () => {
    const [a, b] = [new Metrics(), new Metrics()];
    a.workerLost();
    assert.equal((await seen(b)).get('ardm_session_restarts_total'), 0);
  });
});
