/** What `bench:rate` writes, and the tables, targets and plots are made of. All lengths are bytes. */

export const GROUPS = ['prose', 'docs', 'code', 'html', 'json', 'records', 'csv', 'logs', 'languages'] as const;
export type GroupId = (typeof GROUPS)[number];

/** Bytes of a piece, or files as they are; a JSON record is a file. */
export const SIZES = [256, 1024, 4096, 65536, 'whole'] as const;
export type Size = (typeof SIZES)[number];

export const PEERS = ['gzip', 'zstd', 'brotli', 'xz', 'zpaq'] as const;
export type PeerName = (typeof PEERS)[number];

/** Sums over the inputs of a group at a size. */
export interface Row {
  readonly group: GroupId;
  readonly size: Size;
  readonly inputs: number;
  readonly bytes: number;
  /** Archives with `model=auto` and `calls=balanced`. */
  readonly auto: number;
  /** Archives with one model alone, by its id, and `calls=balanced`; nothing else tried but storing. */
  readonly models: Readonly<Record<string, number>>;
  /** null: the peer was not there, or left out. */
  readonly peers: Readonly<Record<PeerName, number | null>>;
}

/** A row of one file of a group: what all its pieces take. */
export interface FileRow extends Row {
  readonly file: string;
}

/** Archives of a group at a size with one model alone; of whole files, only some have been taken. */
export interface LadderRow {
  readonly group: GroupId;
  readonly size: Size;
  readonly model: string;
  readonly calls: number;
  readonly inputs: number;
  readonly bytes: number;
  readonly archives: number;
}

/** Checks that are not of a group. */
export interface Limits {
  /** Archive of the empty file. */
  readonly empty: number;
  /** Growth of 10,000 random bytes. */
  readonly random: number;
  /** Public files up to 1 MiB, whole, and their sums. */
  readonly files: number;
  readonly bytes: number;
  readonly auto: number;
  readonly brotli: number;
  /** The most bytes by which an archive of these was larger than brotli's, and of which file. */
  readonly worst: { readonly file: string; readonly over: number };
}

export interface Results {
  readonly quick: boolean;
  /** Id of the model that `auto` tried. */
  readonly autoModel: string;
  readonly models: readonly { readonly id: string; readonly balanced: number }[];
  readonly titles: Readonly<Record<string, string>>;
  /** The versions of the peers; null: was not there, or left out. */
  readonly peers: Readonly<Record<PeerName, string | null>>;
  readonly rows: Row[];
  readonly files: FileRow[];
  readonly ladder: LadderRow[];
  /** null: only some groups or sizes were measured. */
  limits: Limits | null;
}

export function byPeer<T>(of: (peer: PeerName) => T): Record<PeerName, T> {
  return Object.fromEntries(PEERS.map((peer) => [peer, of(peer)])) as Record<PeerName, T>;
}

export const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);

/** A peer's total over rows; null if it is missing in one. */
export function peerTotal(rows: readonly Row[], peer: PeerName): number | null {
  const sizes = rows.map((row) => row.peers[peer]);
  return sizes.every((size) => size !== null) ? sum(sizes) : null;
}
