import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { ROOT } from '../e2e/process.js';

/** What is tried, from Maven Central, the Go module proxy and PyPI. */
export const VERSIONS = {
  'openapi-generator': '7.17.0',
  'oapi-codegen': '2.8.2',
  'openapi-python-client': '0.29.1',
  schemathesis: '4.32.5',
} as const;

/** Not in the repository, and kept between runs. */
export const WORK = join(ROOT, '.work', 'clients');
const BIN = join(WORK, 'bin');
const VENV = join(WORK, 'venv');

/** With the tools in front, and one folder for what cargo builds. */
export const ENVIRONMENT: NodeJS.ProcessEnv = {
  ...process.env,
  PATH: [BIN, join(VENV, 'bin'), process.env.PATH].join(delimiter),
  CARGO_TARGET_DIR: join(WORK, 'target'),
  PIP_DISABLE_PIP_VERSION_CHECK: '1',
  // Answers of the tests' own server must not go through a proxy.
  NO_PROXY: '127.0.0.1',
  no_proxy: '127.0.0.1',
};

/** What a machine has, or gets from Debian's packages. */
interface Toolchain {
  /** Commands that must succeed. */
  readonly probes: readonly (readonly [string, ...string[]])[];
  readonly packages: readonly string[];
  /** Brings what is tried with it, where it is not there. */
  readonly install?: () => void;
}

const TOOLCHAINS = {
  java: {
    probes: [
      ['javac', '-version'],
      ['mvn', '-v'],
    ],
    packages: ['default-jdk-headless', 'maven'],
    install: installGenerator,
  },
  go: { probes: [['go', 'version']], packages: ['golang-go'], install: installOapiCodegen },
  rust: { probes: [['cargo', '--version']], packages: ['cargo'] },
  python: {
    probes: [['python3', '-c', 'import ensurepip, venv']],
    packages: ['python3-venv'],
    install: installPythonTools,
  },
} as const satisfies Record<string, Toolchain>;

export type ToolchainName = keyof typeof TOOLCHAINS;

const missing = new Map<ToolchainName, string | undefined>();

/** Why a toolchain cannot be used here; undefined if it can. Installs what it may, once. */
export function lacking(name: ToolchainName): string | undefined {
  if (!missing.has(name)) missing.set(name, prepare(TOOLCHAINS[name]));
  return missing.get(name);
}

function prepare({ probes, packages, install }: Toolchain): string | undefined {
  const broken = (): readonly string[] | undefined => probes.find(([command, ...args]) => !succeeds(command, args));
  if (broken() !== undefined) installPackages(packages);
  const probe = broken();
  if (probe) return `"${probe.join(' ')}" fails; install it, or run this as root with apt-get (${packages.join(', ')})`;
  try {
    install?.();
    return undefined;
  } catch (error) {
    return String(error);
  }
}

function succeeds(command: string, args: readonly string[]): boolean {
  return spawnSync(command, args, { stdio: 'ignore' }).status === 0;
}

function installPackages(packages: readonly string[]): void {
  if (process.getuid?.() !== 0 || !succeeds('apt-get', ['--version'])) return;
  const options = { stdio: 'ignore', env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } } as const;
  const install = ['-qq', '-y', '--no-install-recommends', 'install', ...packages];
  // Lists may be absent (container images) or too old.
  if (spawnSync('apt-get', install, options).status === 0) return;
  spawnSync('apt-get', ['-qq', 'update'], options);
  spawnSync('apt-get', install, options);
}

/** @throws with what the command said, if it fails. */
function must(command: string, args: readonly string[], env = ENVIRONMENT): void {
  const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: 'utf8', env });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${error?.message ?? stdout + stderr}`);
}

function installGenerator(): void {
  const version = VERSIONS['openapi-generator'];
  const jar = join(WORK, `openapi-generator-cli-${version}.jar`);
  if (!existsSync(jar)) {
    const artifact = `org.openapitools:openapi-generator-cli:${version}`;
    const plugin = 'org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy';
    must('mvn', ['-q', '-B', plugin, `-Dartifact=${artifact}`, `-DoutputDirectory=${WORK}`]);
  }
  mkdirSync(BIN, { recursive: true });
  const program = join(BIN, 'openapi-generator-cli');
  writeFileSync(program, `#!/bin/sh\nexec java -jar '${jar}' "$@"\n`);
  chmodSync(program, 0o755);
}

function installOapiCodegen(): void {
  const version = `v${VERSIONS['oapi-codegen']}`;
  const source = 'github.com/oapi-codegen/oapi-codegen/v2/cmd/oapi-codegen';
  mkdirSync(BIN, { recursive: true });
  // Go keeps what it built: nothing is done where nothing is new.
  must('go', ['install', `${source}@${version}`], { ...ENVIRONMENT, GOBIN: BIN });
}

function installPythonTools(): void {
  if (!existsSync(join(VENV, 'bin', 'python'))) must('python3', ['-m', 'venv', VENV]);
  const tools = (['openapi-python-client', 'schemathesis'] as const).map((name) => `${name}==${VERSIONS[name]}`);
  must(join(VENV, 'bin', 'pip'), ['install', '--quiet', ...tools]);
}
