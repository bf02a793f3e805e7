/** One point of the ladder of an estimate: what so many calls come to. */
export interface Rung {
  readonly calls: number;
  /** Of presets, such as `balanced`. */
  readonly names?: readonly string[];
  /** Of the whole archive. */
  readonly bytes: number;
  readonly lowest: number;
  readonly highest: number;
  readonly compressSeconds: number;
  readonly decompressSeconds: number;
}

export interface Extent {
  readonly width: number;
  readonly height: number;
  readonly channels: number;
}

export interface SoundDetail {
  readonly format: string;
  readonly channels: number;
  readonly bits: number;
  readonly rate: number;
  readonly frames: number;
}

/** For every byte of the file, every pixel of a picture, or every frame of sound: bits that it takes, and the network call, from 0, that makes it known. */
export interface Detail {
  readonly calls: number;
  readonly bits: readonly number[];
  readonly call: readonly number[];
  /** Of what is one, or the other. */
  readonly picture?: Extent;
  readonly sound?: SoundDetail;
}

export interface Estimate {
  readonly originalBytes: number;
  readonly model: string;
  readonly exact: boolean;
  readonly ladder: readonly Rung[];
  readonly peers: readonly { readonly name: string; readonly bytes: number }[];
  readonly detail?: Detail;
}

export interface Model {
  readonly id: string;
  /** What it is of: `pictures`, `sound`, or another word for bytes. */
  readonly kind: string;
  readonly blockLength: number;
  readonly presets: Readonly<Record<string, number>>;
}

export interface Dictionary {
  readonly id: string;
  readonly shortId: string;
  readonly size: number;
}

export interface MadeDictionary extends Dictionary {
  readonly gains: {
    readonly samples: number;
    readonly sampleBytes: number;
    readonly bytesWithout: number;
    readonly bytesWith: number;
    readonly bytesBrotli: number;
    readonly verdict: string;
  };
}

/** Query of a request; what is undefined or empty is left out. */
export type Query = Readonly<Record<string, string | number | undefined>>;

/** A request that this page makes, as it can be repeated from elsewhere. */
export interface Call {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** Below the address of the server, without a slash before it. */
  readonly path: string;
  readonly query: Query;
  /** What is sent, and the name of the file that it is. */
  readonly body?: { readonly bytes: Uint8Array<ArrayBuffer>; readonly name: string } | undefined;
  /** Where the answer goes, if it is a file. */
  readonly saveAs?: string;
}

/** The server refused, and said why. The message is a sentence for whoever sits here. */
export class RefusedError extends Error {
  override readonly name = 'RefusedError';

  constructor(
    message: string,
    readonly status: number,
  ) {
    super(message);
  }
}

export function pathOf({ path, query }: Pick<Call, 'path' | 'query'>): string {
  const given = Object.entries(query).filter(([, value]) => value !== undefined && value !== '');
  const text = given.map(([name, value]) => `${name}=${encodeURIComponent(String(value))}`).join('&');
  return text === '' ? path : `${path}?${text}`;
}

/** Requests to the server that the page is from. */
export class Api {
  /** Told of each request that is made, and of 401. */
  constructor(
    private readonly key: () => string,
    private readonly made: (call: Call) => void,
    private readonly wantsKey: () => void,
  ) {}

  async json<T>(call: Call, signal?: AbortSignal): Promise<T> {
    // The server is the one that this page is from, and its tests hold its answers to the contract.
    return (await (await this.send(call, signal)).json()) as T;
  }

  async bytes(call: Call, signal?: AbortSignal): Promise<{ bytes: Uint8Array<ArrayBuffer>; headers: Headers }> {
    const answer = await this.send(call, signal);
    return { bytes: new Uint8Array(await answer.arrayBuffer()), headers: answer.headers };
  }

  /** @throws RefusedError */
  async send(call: Call, signal?: AbortSignal): Promise<Response> {
    this.made(call);
    const headers: Record<string, string> = {};
    // A browser sends no others, and no key of this service has them.
    if (!/^[\x21-\x7e]*$/.test(this.key())) throw this.refuseKey();
    if (this.key() !== '') headers['X-API-Key'] = this.key();
    if (call.body) headers['Content-Type'] = 'application/octet-stream';
    const answer = await fetch(pathOf(call), {
      method: call.method,
      headers,
      ...(call.body && { body: call.body.bytes }),
      ...(signal && { signal }),
    }).catch((error: unknown) => {
      if (signal?.aborted) throw error;
      throw new RefusedError('The server cannot be reached. Is it running, and are you on its network?', 0);
    });
    if (answer.ok) return answer;
    if (answer.status === 401) throw this.refuseKey();
    throw new RefusedError(await sentenceOf(answer), answer.status);
  }

  private refuseKey(): RefusedError {
    this.wantsKey();
    return new RefusedError(this.key() === '' ? KEY_WANTED : KEY_UNKNOWN, 401);
  }
}

const KEY_WANTED = 'This server asks for an API key. Enter yours under “Key”, at the top of the page.';
const KEY_UNKNOWN = 'This server does not know that API key. Check it under “Key”, at the top of the page.';

/** The detail of a problem document; of what a proxy answers in between, its status. */
async function sentenceOf(answer: Response): Promise<string> {
  const problem: unknown = await answer.json().catch(() => undefined);
  const known = typeof problem === 'object' && problem !== null && 'detail' in problem ? problem.detail : undefined;
  const wait = Number(answer.headers.get('Retry-After'));
  if (answer.status === 429) {
    const when = wait > 0 ? `in ${wait === 1 ? '1 second' : `${wait} seconds`}` : 'later';
    return `These were more requests than this server takes from one client. Try again ${when}.`;
  }
  const text =
    typeof known === 'string' ? known : `The server answered with status ${answer.status}, and did not say why`;
  const sentence = `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
  return /[.!?]$/.test(sentence) ? sentence : `${sentence}.`;
}
