import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { Deployment } from 'kubernetes-models/apps/v1/Deployment';
import { HorizontalPodAutoscaler } from 'kubernetes-models/autoscaling/v2/HorizontalPodAutoscaler';
import { PodDisruptionBudget } from 'kubernetes-models/policy/v1/PodDisruptionBudget';
import { ConfigMap } from 'kubernetes-models/v1/ConfigMap';
import { PersistentVolumeClaim } from 'kubernetes-models/v1/PersistentVolumeClaim';
import { Service } from 'kubernetes-models/v1/Service';
import { parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { readConfig, SETTINGS } from '../../src/config.js';
import { ROOT } from '../e2e/process.js';

const FOLDER = join(ROOT, 'deploy', 'kubernetes');

const headSchema = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.object({ name: z.string() }),
});
type Manifest = z.output<typeof headSchema>;

const manifests = readdirSync(FOLDER)
  .filter((name) => name.endsWith('.yaml'))
  .flatMap((name) => parseAllDocuments(readFileSync(join(FOLDER, name), 'utf8')))
  .map((document) => {
    assert.deepEqual(document.errors, []);
    return headSchema.parse(document.toJS());
  });

/** The schema validator of each kind. It finds what is missing or of a wrong type, not names that Kubernetes does not know. */
const VALIDATORS: Record<string, (manifest: Manifest) => { validate(): void }> = {
  'apps/v1 Deployment': (manifest) => new Deployment(manifest as never),
  'autoscaling/v2 HorizontalPodAutoscaler': (manifest) => new HorizontalPodAutoscaler(manifest as never),
  'policy/v1 PodDisruptionBudget': (manifest) => new PodDisruptionBudget(manifest as never),
  'v1 ConfigMap': (manifest) => new ConfigMap(manifest as never),
  'v1 PersistentVolumeClaim': (manifest) => new PersistentVolumeClaim(manifest as never),
  'v1 Service': (manifest) => new Service(manifest as never),
};

const labels = z.record(z.string(), z.string());
const probe = z.object({ httpGet: z.object({ path: z.string(), port: z.string() }), failureThreshold: z.number() });
const deploymentSchema = z.object({
  metadata: z.object({ name: z.string() }),
  spec: z.object({
    replicas: z.number().optional(),
    selector: z.object({ matchLabels: labels }),
    template: z.object({
      metadata: z.object({ labels }),
      spec: z.object({
        terminationGracePeriodSeconds: z.number(),
        containers: z.tuple([
          z.object({
            ports: z.array(z.object({ name: z.string(), containerPort: z.number() })),
            envFrom: z.array(z.object({ configMapRef: z.object({ name: z.string() }) })),
            env: z.array(z.looseObject({ name: z.string(), value: z.string().optional() })),
            startupProbe: probe,
            readinessProbe: probe,
            livenessProbe: probe,
            volumeMounts: z.array(z.object({ name: z.string(), mountPath: z.string() })),
          }),
        ]),
        volumes: z.array(z.looseObject({ name: z.string() })),
      }),
    }),
  }),
});

function ofKind(kind: string): Manifest[] {
  return manifests.filter((manifest) => manifest.kind === kind);
}

const deployments = ofKind('Deployment').map((manifest) => deploymentSchema.parse(manifest));
const shared = z.object({ data: labels }).parse(ofKind('ConfigMap')[0]).data;

describe('the Kubernetes manifests', () => {
  for (const manifest of manifests) {
    it(`${manifest.kind} ${manifest.metadata.name} is valid`, () => {
      const validator = VALIDATORS[`${manifest.apiVersion} ${manifest.kind}`];
      assert.ok(validator, `nothing validates ${manifest.apiVersion} ${manifest.kind}`);
      validator(manifest).validate();
    });
  }

  it('would not be valid with a mistake in them', () => {
    const manifest = structuredClone(ofKind('Deployment')[0] as Manifest);
    (manifest.spec as { template: { spec: Record<string, unknown> } }).template.spec.terminationGracePeriodSeconds =
      'long';
    assert.throws(() => new Deployment(manifest as never).validate());
    const incomplete = structuredClone(ofKind('Deployment')[0] as Manifest);
    delete (incomplete.spec as Record<string, unknown>).selector;
    assert.throws(() => new Deployment(incomplete as never).validate());
  });

  for (const { metadata, spec } of deployments) {
    const pod = spec.template.spec;
    const [container] = pod.containers;

    describe(metadata.name, () => {
      it('is configured as the service can be', () => {
        assert.deepEqual(
          container.envFrom.map(({ configMapRef }) => configMapRef.name),
          ofKind('ConfigMap').map((manifest) => manifest.metadata.name),
        );
        const environment = {
          ...shared,
          ...Object.fromEntries(container.env.map(({ name, value }) => [name, value ?? 'redis://from-a-secret:6379'])),
        };
        for (const name of Object.keys(environment)) assert.ok(name in SETTINGS, name);
        const config = readConfig(environment);
        assert.equal(`ardm-${config.ARDM_ROLE}`, metadata.name);
        const least = config.SHUTDOWN_DELAY_SECONDS + config.SHUTDOWN_TIMEOUT_SECONDS + 10;
        assert.ok(pod.terminationGracePeriodSeconds >= least, `it is killed before ${least} s`);
        assert.ok(container.volumeMounts.some(({ mountPath }) => config.JOBS_FOLDER.startsWith(`${mountPath}/`)));
        assert.ok(
          container.env.some(({ name, value }) => name === 'REDIS_URL' && value === undefined),
          'not a secret',
        );
      });

      it('is asked what there is, where it listens', () => {
        const { startupProbe, readinessProbe, livenessProbe, ports } = container;
        assert.deepEqual(
          [startupProbe, readinessProbe, livenessProbe].map(({ httpGet }) => httpGet.path),
          ['/health/ready', '/health/ready', '/health/live'],
        );
        for (const { httpGet } of [startupProbe, readinessProbe, livenessProbe]) assert.equal(httpGet.port, 'http');
        assert.deepEqual(ports, [{ name: 'http', containerPort: readConfig({}).PORT }]);
      });

      it('has pods that its selector, a budget, and mounts find', () => {
        assert.deepEqual(spec.template.metadata.labels, spec.selector.matchLabels);
        const budgets = ofKind('PodDisruptionBudget').map((manifest) =>
          z.object({ spec: z.object({ selector: z.object({ matchLabels: labels }) }) }).parse(manifest),
        );
        const matches = budgets.filter(({ spec: { selector } }) =>
          Object.entries(selector.matchLabels).every(([name, value]) => spec.template.metadata.labels[name] === value),
        );
        assert.equal(matches.length, 1);
        const names = pod.volumes.map(({ name }) => name);
        for (const { name } of container.volumeMounts) assert.ok(names.includes(name), name);
      });
    });
  }

  it('send requests to the API only, and scale workers by the jobs that wait', () => {
    const service = z.object({ spec: z.object({ selector: labels }) }).parse(ofKind('Service')[0]);
    const [api, worker] = ['ardm-api', 'ardm-worker'].map((name) => deployments.find((d) => d.metadata.name === name));
    assert.deepEqual(service.spec.selector, api?.spec.template.metadata.labels);
    const { spec } = z
      .object({
        spec: z.object({
          scaleTargetRef: z.object({ name: z.string() }),
          metrics: z.tuple([z.object({ external: z.object({ metric: z.object({ name: z.string() }) }) })]),
        }),
      })
      .parse(ofKind('HorizontalPodAutoscaler')[0]);
    assert.equal(spec.scaleTargetRef.name, worker?.metadata.name);
    assert.equal(worker?.spec.replicas, undefined, 'each rollout would undo the scaling');
    assert.equal(spec.metrics[0].external.metric.name, 'ardm_jobs_waiting');
  });
});
