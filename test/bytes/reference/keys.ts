import { isDigit, isLetter } from './byte-classes.js';
import { mix } from './hash.js';

/** The hash of a value whose beginning is not known. */
const UNKNOWN_START = 511;
const TOKEN = 1;
const ENDS_KEY = 2;
const ENDS_ITEM = 4;
const STRUCTURAL = 8;

/** Per byte, what it does to keys and values. */
const ROLE_OF = Uint8Array.from({ length: 256 }, (_, b) => {
  const among = (characters: string) => characters.includes(String.fromCharCode(b));
  let role = 0;
  if (isLetter(b) || isDigit(b) || among('_-.')) role |= TOKEN;
  if (among(':=')) role |= ENDS_KEY;
  if (among(',&;')) role |= ENDS_ITEM;
  if (among('\n&(),:;<=>[]{}')) role |= STRUCTURAL;
  return role;
});

/** The token that stood before the last colon or equals sign, and the bytes since the last structural one. */
export class Keys {
  /** Per position, as it stood when that position was coded: hash of the token it is in (0: none), of the token before, ... */
  private readonly token: Uint32Array;
  private readonly lastToken: Uint32Array;
  /** ... of the key, without its lowest bit, which tells that a comma, ampersand or semicolon came after it, ... */
  private readonly key: Uint32Array;
  /** ... and of the bytes from the last structural one on. */
  private readonly value: Uint32Array;

  constructor(private readonly bytes: Uint8Array) {
    this.token = new Uint32Array(bytes.length);
    this.lastToken = new Uint32Array(bytes.length);
    this.key = new Uint32Array(bytes.length);
    this.value = new Uint32Array(bytes.length);
  }

  look(p: number, run: number): void {
    let token = 0;
    let lastToken = 0;
    let key = 0;
    let value = UNKNOWN_START;
    if (run > 0) {
      const byte = this.bytes[p - 1] as number;
      const role = ROLE_OF[byte] as number;
      token = this.token[p - 1] as number;
      lastToken = this.lastToken[p - 1] as number;
      key = this.key[p - 1] as number;
      if ((role & TOKEN) !== 0) {
        token = mix(token, byte);
      } else {
        if (token !== 0) lastToken = token;
        token = 0;
        if ((role & ENDS_KEY) !== 0) key = lastToken & ~1;
        else if ((role & ENDS_ITEM) !== 0) key |= 1;
      }
      value = mix((role & STRUCTURAL) !== 0 ? 0 : (this.value[p - 1] as number), byte);
    }
    this.token[p] = token;
    this.lastToken[p] = lastToken;
    this.key[p] = key;
    this.value[p] = value;
  }

  /** The context's hash, for a position that has been looked at. */
  hash(p: number): number {
    return mix(this.key[p] as number, this.value[p] as number);
  }
}
