import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { parse } from 'yaml';
import { z } from 'zod';
import { readConfig, SETTINGS } from '../../src/config.js';
import { ROOT } from '../e2e/process.js';

/** As far as the Compose specification allows, what deploy/compose.yaml uses of it; anything else in it is a mistake. */
const serviceSchema = z.strictObject({
  image: z.string().regex(/^[a-z0-9./-]+(:[\w.-]+)?$/),
  build: z.string().optional(),
  restart: z.literal('unless-stopped').optional(),
  command: z.array(z.string()).optional(),
  ports: z.array(z.string().regex(/^\d+:\d+$/)).optional(),
  volumes: z.array(z.string().regex(/^[^:]+:\/[^:]+(:ro)?$/)).optional(),
  tmpfs: z.array(z.string()).optional(),
  environment: z.record(z.string(), z.string()).optional(),
  depends_on: z
    .record(
      z.string(),
      z.strictObject({ condition: z.enum(['service_started', 'service_healthy', 'service_completed_successfully']) }),
    )
    .optional(),
  healthcheck: z
    .strictObject({
      test: z.tuple([z.literal('CMD')], z.string()),
      interval: z.string(),
      timeout: z.string(),
      start_period: z.string().optional(),
    })
    .optional(),
  networks: z.record(z.string(), z.strictObject({ ipv4_address: z.ipv4() }).nullable()).optional(),
  stop_grace_period: z
    .string()
    .regex(/^\d+s$/)
    .optional(),
  read_only: z.boolean().optional(),
  cap_drop: z.array(z.string()).optional(),
  security_opt: z.array(z.string()).optional(),
});
const composeSchema = z.object({
  name: z.string(),
  services: z.record(z.string(), serviceSchema),
  volumes: z.record(z.string(), z.null()),
  networks: z.object({ default: z.object({ ipam: z.object({ config: z.array(z.object({ subnet: z.cidrv4() })) }) }) }),
});

const { services, volumes, networks } = composeSchema.parse(
  parse(readFileSync(join(ROOT, 'deploy', 'compose.yaml'), 'utf8'), { merge: true }),
);
const NGINX = readFileSync(join(ROOT, 'deploy', 'nginx.conf'), 'utf8');
const ours = Object.entries(services).filter(([, { image }]) => image === 'ardm');

/** There is no Docker where these tests run: the file is read and compared, not started. */
describe('deploy/compose.yaml', () => {
  it('has nginx, two replicas, a worker and Redis', () => {
    assert.deepEqual(Object.keys(services).sort(), ['api-1', 'api-2', 'folder', 'nginx', 'redis', 'worker']);
    assert.deepEqual(
      ours.map(([name, { environment }]) => [name, environment?.ARDM_ROLE]),
      [
        ['api-1', 'api'],
        ['api-2', 'api'],
        ['worker', 'worker'],
      ],
    );
  });

  for (const [name, service] of ours) {
    it(`gives ${name} settings that the service knows, and takes`, () => {
      const environment = service.environment ?? {};
      assert.deepEqual(
        Object.keys(environment).filter((variable) => !(variable in SETTINGS)),
        [],
      );
      const config = readConfig(environment);
      const grace = Number.parseInt(service.stop_grace_period ?? '', 10);
      assert.ok(grace >= config.SHUTDOWN_DELAY_SECONDS + config.SHUTDOWN_TIMEOUT_SECONDS + 10, 'it is killed too soon');
      const failTimeout = Number(/fail_timeout=(\d+)s/.exec(NGINX)?.[1]);
      assert.ok(config.SHUTDOWN_DELAY_SECONDS >= failTimeout, 'nginx may not know yet that the other one is back');
      assert.equal(config.TRUST_PROXY_HOPS, 1);
      const mounts = (service.volumes ?? []).map((volume) => volume.split(':')[1] as string);
      assert.ok(
        mounts.some((mount) => config.JOBS_FOLDER.startsWith(`${mount}/`)),
        'the folder of jobs is on no shared volume',
      );
    });
  }

  it('names images by their version, and builds its own from the Dockerfile', () => {
    for (const [name, { image, build }] of Object.entries(services)) {
      if (build !== undefined) assert.ok(existsSync(join(ROOT, 'deploy', build, 'Dockerfile')), name);
      else assert.match(image, /:[\w.-]*\d/, name);
    }
  });

  it('opens one port, on which nginx listens', () => {
    const open = Object.entries(services).filter(([, { ports }]) => ports !== undefined);
    assert.deepEqual(
      open.map(([name, { ports }]) => [name, ports]),
      [['nginx', ['8080:8080']]],
    );
    assert.match(NGINX, /listen 8080;/);
  });

  it('has the replicas that nginx names, at addresses of the network', () => {
    const named = [...NGINX.matchAll(/^ +server ([\w-]+):(\d+) /gm)].map(([, host, port]) => [host, port]);
    assert.deepEqual(named, [
      ['api-1', '8080'],
      ['api-2', '8080'],
    ]);
    const prefix = networks.default.ipam.config[0]?.subnet.replace(/\.0\/24$/, '.') ?? 'none';
    const addresses = ['api-1', 'api-2'].map((name) => services[name]?.networks?.default?.ipv4_address ?? '');
    assert.equal(new Set(addresses).size, 2);
    for (const address of addresses) assert.ok(address.startsWith(prefix), address);
  });

  it('checks the health of all that stay, and starts nobody before what he needs', () => {
    for (const [name, { healthcheck, restart }] of Object.entries(services)) {
      if (restart) assert.ok(healthcheck, name);
    }
    for (const [name, { depends_on = {} }] of Object.entries(services)) {
      for (const [other, { condition }] of Object.entries(depends_on)) {
        assert.ok(services[other], `${name} depends on ${other}`);
        assert.equal(condition, services[other]?.restart ? 'service_healthy' : 'service_completed_successfully');
      }
    }
    for (const [, { depends_on = {} }] of ours) assert.deepEqual(Object.keys(depends_on), ['redis', 'folder']);
  });

  it('keeps jobs: volumes that are declared, and a Redis that writes and drops nothing', () => {
    const used = Object.values(services).flatMap((service) =>
      (service.volumes ?? []).map((v) => v.split(':')[0] ?? ''),
    );
    for (const name of used)
      assert.ok(name.startsWith('./') ? existsSync(join(ROOT, 'deploy', name)) : name in volumes);
    const command = services.redis?.command?.join(' ') ?? '';
    assert.match(command, /--appendonly yes/);
    assert.match(command, /--appendfsync (everysec|always)/);
    assert.match(command, /--maxmemory-policy noeviction/);
    assert.ok(services.redis?.volumes?.some((volume) => volume.endsWith(':/data')));
  });
});
