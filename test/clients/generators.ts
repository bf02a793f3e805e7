// What `npm run test:clients` runs: clients as they are generated from openapi.yaml, and schemathesis, against a server.
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it, type TestContext } from 'node:test';
import { ROOT, ServiceProcess } from '../e2e/process.js';
import { CHECKS, KEY, KEYS, writeFiles } from './checks.js';
import { LaterVersion } from './later-version.js';
import { make, run } from './make.js';
import { lacking, type ToolchainName, WORK } from './tools.js';

interface Client {
  readonly name: string;
  readonly needs: readonly ToolchainName[];
  /** Runs its program, which gets the server's URL and two files. */
  readonly program: readonly [string, ...string[]];
  /** What the generator must not say. */
  readonly complaint?: RegExp;
}

const JAVA = ['java', '-cp', 'classes:lib/*', 'Main'] as const;

const CLIENTS: readonly Client[] = [
  { name: 'java-native', needs: ['java'], program: JAVA },
  { name: 'java-okhttp', needs: ['java'], program: JAVA },
  { name: 'typescript-fetch', needs: ['java'], program: [process.execPath, 'program.js'] },
  { name: 'openapi-fetch', needs: [], program: [process.execPath, 'program.js'] },
  { name: 'go', needs: ['java', 'go'], program: ['./demo'] },
  { name: 'oapi-codegen', needs: ['go'], program: ['./demo'] },
  { name: 'python', needs: ['java', 'python'], program: ['python', 'program.py'] },
  {
    name: 'openapi-python-client',
    needs: ['python'],
    program: ['python', 'program.py'],
    complaint: /WARNING parsing|will be omitted/,
  },
  { name: 'rust', needs: ['java', 'rust'], program: [join(WORK, 'target', 'debug', 'demo')] },
];

const required = process.env.ARDM_REQUIRE_CLIENTS === '1';

/** With ARDM_REQUIRE_CLIENTS=1, as in CI, nothing is skipped, and it fails. */
function canRun(context: TestContext, needs: readonly ToolchainName[]): boolean {
  const reasons = needs.flatMap((name) => lacking(name) ?? []);
  if (reasons.length === 0) return true;
  assert.ok(!required, reasons.join('\n'));
  console.error(`\n*** NOT TESTED: ${context.name}. ${reasons.join('; ')} ***\n`);
  context.skip(`NOT TESTED: ${reasons.join('; ')}`);
  return false;
}

describe('clients that are generated from openapi.yaml', () => {
  let service: ServiceProcess;
  let later: LaterVersion;
  let files: { binary: string; text: string };
  before(async () => {
    mkdirSync(WORK, { recursive: true });
    // For what is compiled from TypeScript.
    writeFileSync(join(WORK, 'package.json'), '{ "type": "module" }');
    files = await writeFiles(WORK);
    service = await ServiceProcess.start({ API_KEYS: KEYS });
    later = await LaterVersion.start(service.url);
  });
  after(async () => {
    later.stop();
    await service.stop();
  });

  for (const { name, needs, program, complaint } of CLIENTS) {
    it(name, async (context) => {
      if (!canRun(context, needs)) return;
      const folder = join(WORK, name);
      const output = await make(name, folder);
      if (complaint) assert.doesNotMatch(output, complaint);
      const [command, ...args] = program;
      for (const { url } of [service, later]) {
        const said = await run(command, [...args, url, files.binary, files.text, KEY], folder);
        assert.deepEqual(said.trim().split('\n'), CHECKS);
      }
    });
  }

  it('kotlin, csharp and php, which are made only', async (context) => {
    if (!canRun(context, ['java'])) return;
    const folder = join(WORK, 'others');
    await make('others', folder);
    for (const name of ['kotlin', 'csharp', 'php']) assert.ok(existsSync(join(folder, name, 'README.md')), name);
  });

  it('schemathesis finds nothing that the contract does not say', async (context) => {
    if (!canRun(context, ['python'])) return;
    const config = join(ROOT, 'test', 'clients', 'schemathesis.toml');
    const options = ['--no-color', '--generation-deterministic', '--header', `X-API-Key: ${KEY}`];
    const output = await run('st', ['--config-file', config, 'run', `${service.url}/openapi.yaml`, ...options], WORK);
    // All operations, with nothing that went unnoticed.
    const [, selected, all] = /Selected: (\d+)\/(\d+)/.exec(output) ?? [];
    assert.ok(selected !== undefined && selected === all, output);
    assert.match(output, /Test cases:\n +(\d+) generated, \1 passed/);
  });
});
