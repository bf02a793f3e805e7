import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { ServiceProcess } from '../e2e/process.js';
import { blocksOf, read } from './markdown.js';

const DOCUMENT = read('docs/dictionaries.md');
const noPython = spawnSync('python3', ['--version']).status !== 0 && 'python3 is not installed';

const RECORDS = Array.from({ length: 200 }, (_, i) => `{"id":${i},"state":"delivered","host":"node-${i % 7}"}`);

/** There and back; then with one frame that is cut, which alone must be a problem. */
const PYTHON = `
import sys
server, dictionary = sys.argv[1:]
records = [b'{"id":%d,"state":"delivered"}' % i for i in range(300)] + [b""]
frames = batch("compress", records, dictionary, server)
assert batch("decompress", frames, dictionary, server) == records
frames[7] = frames[7][:-1]
answer = batch("decompress", frames, dictionary, server)
assert isinstance(answer[7], ValueError), answer[7]
assert answer[:7] + answer[8:] == records[:7] + records[8:]
print(len(records), answer[7])
`;

const NODE = `
const [server, dictionary] = process.argv.slice(1);
const records = Array.from({ length: 300 }, (_, i) => Buffer.from('{"id":' + i + ',"state":"delivered"}')).concat(Buffer.alloc(0));
const frames = await batch('compress', records, dictionary, server);
const same = (found, wanted) => found.length === wanted.length && found.every((each, i) => wanted[i].equals(each));
if (!same(await batch('decompress', frames, dictionary, server), records)) throw new Error('not the records');
frames[7] = frames[7].subarray(0, -1);
const answer = await batch('decompress', frames, dictionary, server);
const [problem] = answer.splice(7, 1);
if (!same(answer, records.toSpliced(7, 1))) throw new Error('not the other records');
console.log(records.length, problem.message);
`;

describe('the programs of docs/dictionaries.md', () => {
  let service: ServiceProcess;
  let dictionary: string;
  before(async () => {
    service = await ServiceProcess.start();
    const made = await service.post('/v1/dictionaries?model=tiny-a&size=2000', Buffer.from(RECORDS.join('\n')));
    dictionary = (JSON.parse(made.body.toString()) as { id: string }).id;
  });
  after(() => ServiceProcess.killAll());

  const run = async (program: string, ...options: string[]): Promise<string> => {
    const { stdout } = await promisify(execFile)(program, [...options, service.url, dictionary], { timeout: 60_000 });
    return stdout.trim();
  };
  const only = (language: string): string => {
    const [block = '', ...more] = blocksOf(DOCUMENT, language);
    assert.ok(block !== '' && more.length === 0, `one block of ${language}`);
    return block;
  };

  it('in Python code batches and tell of the record that is damaged', { skip: noPython }, async () => {
    assert.match(await run('python3', '-c', only('python') + PYTHON), /^301 (truncated-archive|checksum-mismatch)$/);
  });

  it('in Node, too', async () => {
    const said = await run(process.execPath, '--input-type=module', '-e', only('js') + NODE);
    assert.match(said, /^301 (truncated-archive|checksum-mismatch)$/);
  });
});
