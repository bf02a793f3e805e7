import { once } from 'node:events';
import { connect } from 'node:net';
import { buffer } from 'node:stream/consumers';

/** One run of the command. */
export interface Request {
  readonly args: readonly string[];
  readonly cwd: string;
  /** All of its environment. */
  readonly env: NodeJS.ProcessEnv;
  readonly input: Uint8Array;
}

export interface Answer {
  readonly code: number;
  readonly stdout: Buffer;
  readonly stderr: Buffer;
}

/** Has the host at a socket run the command. */
export async function ask(path: string, request: Request): Promise<Answer> {
  const socket = connect(path);
  await once(socket, 'connect');
  socket.end(messageOfRequest(request));
  const [code, stdout, stderr] = parts(await buffer(socket));
  if (!code || !stdout || !stderr) throw new Error('The host of the command has ended.');
  return { code: Number(code), stdout, stderr };
}

export function messageOfAnswer({ code, stdout, stderr }: Answer): Buffer {
  return message([String(code), stdout, stderr]);
}

function messageOfRequest({ args, cwd, env, input }: Request): Buffer {
  const variables = Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [name, value]));
  return message([cwd, input, String(args.length), ...args, ...variables]);
}

export function requestOf(bytes: Buffer): Request {
  const [cwd = '', input = Buffer.alloc(0), count = '', ...rest] = parts(bytes);
  const texts = rest.map(String);
  const variables = texts.splice(Number(count));
  const env: NodeJS.ProcessEnv = {};
  for (let i = 0; i < variables.length; i += 2) env[variables[i] ?? ''] = variables[i + 1];
  return { cwd: String(cwd), input, args: texts, env };
}

/** Each part after its length. */
function message(parts: readonly (string | Uint8Array)[]): Buffer {
  const framed = parts.flatMap((part) => {
    const [length, bytes] = [Buffer.alloc(4), Buffer.from(part)];
    length.writeUInt32LE(bytes.length);
    return [length, bytes];
  });
  return Buffer.concat(framed);
}

function parts(bytes: Buffer): Buffer[] {
  const found: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    const end = at + 4 + bytes.readUInt32LE(at);
    found.push(bytes.subarray(at + 4, end));
    at = end;
  }
  return found;
}
