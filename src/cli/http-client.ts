import { createHash } from 'node:crypto';
import { type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { buffer } from 'node:stream/consumers';
import { z } from 'zod';
import { BrokenAnswerError, ServerProblemError, ServerUnreachableError, UsageError } from './errors.js';

/** A problem of the service (RFC 9457). */
const problemSchema = z.object({ title: z.string(), detail: z.string(), code: z.string() });

/** So often a silent connection is probed: nothing else tells that a server is gone while it is waited for. */
const PROBE_MS = 30_000;

export interface Request {
  readonly method?: 'POST' | 'PUT' | 'DELETE';
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | FormData;
}

export interface Answer {
  readonly headers: Headers;
  /** All of it: held to its `Content-Digest`, where it has one. */
  readonly body: Buffer;
}

/**
 * Sends requests to one server. They may take as long as they take: `fetch` gives up after five minutes without an answer, and a large file at
 * many calls takes longer.
 */
export class HttpClient {
  private readonly base: URL;

  /** @param key an API key, where the server wants one. @throws UsageError where the address is none. */
  constructor(
    server: string,
    private readonly key: string | undefined,
  ) {
    const address = server.endsWith('/') ? server : `${server}/`;
    if (!/^https?:\/\//i.test(server) || !URL.canParse(address)) {
      throw new UsageError(`${server} is no address of a server; give one like http://localhost:8080.`);
    }
    this.base = new URL(address);
  }

  /** @throws ServerProblemError for whatever is not a success, ServerUnreachableError, BrokenAnswerError */
  async send(path: string, request: Request = {}): Promise<Answer> {
    const response = await this.open(path, request);
    const { headers } = response;
    const body = await buffer(response).catch((error: unknown) => {
      throw new BrokenAnswerError(`The answer was cut off (${reasonOf(error)}); try again.`, { cause: error });
    });
    const digest = headers['content-digest'];
    const found = `sha-256=:${createHash('sha256').update(body).digest('base64')}:`;
    if (digest !== undefined && digest !== found) {
      throw new BrokenAnswerError('The answer does not have the SHA-256 that it says; try again.');
    }
    return { headers: headersOf(response), body };
  }

  /** The answer, which is JSON of this form. @throws as `send`. */
  async json<T>(schema: z.ZodType<T>, path: string, request: Request = {}): Promise<T> {
    return this.parse(schema, (await this.send(path, request)).body.toString());
  }

  /** The data of server-sent events (HTML, 9.2), which is JSON of this form. @throws as `send`; an error of the connection where it breaks off. */
  async *events<T>(schema: z.ZodType<T>, path: string): AsyncGenerator<T> {
    const response = await this.open(path, {});
    let text = '';
    for await (const part of response.setEncoding('utf8') as AsyncIterable<string>) {
      text += part;
      const events = text.split('\n\n');
      text = events.pop() ?? '';
      for (const event of events) {
        const data = event.split('\n').filter((line) => line.startsWith('data: '));
        if (data.length > 0) yield this.parse(schema, data.map((line) => line.slice(6)).join('\n'));
      }
    }
  }

  /** Waits for the head of an answer that is a success. */
  private async open(path: string, { method, query = {}, body }: Request): Promise<IncomingMessage> {
    const url = new URL(path, this.base);
    url.search = new URLSearchParams(query).toString();
    const sent = body instanceof FormData ? await encoded(body) : { body, type: 'application/octet-stream' };
    const headers = {
      ...(this.key !== undefined && { Authorization: `Bearer ${this.key}` }),
      ...(sent.body && { 'Content-Type': sent.type, 'Content-Length': sent.body.length }),
    };
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      const make = url.protocol === 'https:' ? requestHttps : requestHttp;
      // A connection for each: one that was kept may be closed just when it is used again.
      const outgoing = make(url, { method: method ?? 'GET', headers, agent: false }, resolve);
      outgoing.on('socket', (socket) => socket.setKeepAlive(true, PROBE_MS));
      outgoing.on('error', reject);
      outgoing.end(sent.body);
    }).catch((error: unknown) => {
      throw new ServerUnreachableError(
        `${this.base.origin} does not answer (${reasonOf(error)}); start it, correct the address, or leave --server out.`,
        { cause: error },
      );
    });
    const { statusCode: status = 0 } = response;
    if (status >= 200 && status < 300) return response;
    throw this.problem(status, await buffer(response).catch(() => Buffer.alloc(0)));
  }

  private parse<T>(schema: z.ZodType<T>, text: string): T {
    const parsed = schema.safeParse(jsonOf(text));
    if (parsed.success) return parsed.data;
    throw new BrokenAnswerError(`${this.base.origin} answers otherwise than this service does; check the address.`);
  }

  private problem(status: number, body: Buffer): Error {
    const { success, data } = problemSchema.safeParse(jsonOf(body.toString()));
    if (success) return new ServerProblemError(status, data.code, data.title, data.detail);
    return new BrokenAnswerError(
      `${this.base.origin} answered with status ${status}, as this service does not; check the address.`,
    );
  }
}

/** A form as its bytes. */
async function encoded(form: FormData): Promise<{ readonly body: Uint8Array; readonly type: string }> {
  const response = new Response(form);
  return { body: new Uint8Array(await response.arrayBuffer()), type: response.headers.get('content-type') ?? '' };
}

function headersOf({ headers }: IncomingMessage): Headers {
  return new Headers(Object.entries(headers).map(([name, value]): [string, string] => [name, String(value)]));
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof Error) return 'code' in error ? String(error.code) : error.message;
  return String(error);
}
