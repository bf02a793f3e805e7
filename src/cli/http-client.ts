import { createHash } from 'node:crypto';
import { z } from 'zod';
import { BrokenAnswerError, ServerProblemError, ServerUnreachableError, UsageError } from './errors.js';

/** A problem of the service (RFC 9457). */
const problemSchema = z.object({ title: z.string(), detail: z.string(), code: z.string() });

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

/** Sends requests to one server. */
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
  async send(path: string, { method, query = {}, body }: Request = {}): Promise<Answer> {
    const url = new URL(path, this.base);
    url.search = new URLSearchParams(query).toString();
    const headers = this.key === undefined ? {} : { Authorization: `Bearer ${this.key}` };
    const init = { method: method ?? 'GET', headers, ...(body && { body }) };
    const response = await fetch(url, init).catch((error: unknown) => {
      throw new ServerUnreachableError(
        `${this.base.origin} does not answer (${reasonOf(error)}); start it, correct the address, or leave --server out.`,
        { cause: error },
      );
    });
    const received = await response.arrayBuffer().catch((error: unknown) => {
      throw new BrokenAnswerError(`The answer was cut off (${reasonOf(error)}); try again.`, { cause: error });
    });
    const answer = { headers: response.headers, body: Buffer.from(received) };
    if (!response.ok) throw this.problem(response.status, answer.body);
    const digest = response.headers.get('content-digest');
    const found = `sha-256=:${createHash('sha256').update(answer.body).digest('base64')}:`;
    if (digest !== null && digest !== found) {
      throw new BrokenAnswerError('The answer does not have the SHA-256 that it says; try again.');
    }
    return answer;
  }

  /** The answer, which is JSON of this form. @throws as `send`. */
  async json<T>(schema: z.ZodType<T>, path: string, request: Request = {}): Promise<T> {
    const { body } = await this.send(path, request);
    const parsed = schema.safeParse(jsonOf(body));
    if (parsed.success) return parsed.data;
    throw new BrokenAnswerError(`${this.base.origin} answers otherwise than this service does; check the address.`);
  }

  private problem(status: number, body: Buffer): Error {
    const { success, data } = problemSchema.safeParse(jsonOf(body));
    if (success) return new ServerProblemError(status, data.code, data.title, data.detail);
    return new BrokenAnswerError(
      `${this.base.origin} answered with status ${status}, as this service does not; check the address.`,
    );
  }
}

function jsonOf(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString());
  } catch {
    return undefined;
  }
}

/** `fetch` says that it failed, and its cause why. */
function reasonOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  if (cause instanceof Error) return 'code' in cause ? String(cause.code) : cause.message;
  return String(cause);
}
