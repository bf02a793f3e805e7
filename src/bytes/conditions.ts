import type { Block, Domain } from '../ardm/domain.js';
import type { Conditions, Primed } from '../ardm/kind.js';
import type { Dial } from '../ardm/schedule.js';
import { ByteDomain, blocksOf } from './byte-domain.js';
import { ByteProgram, type Layout, type Learned, powerOfTwoFrom } from './byte-program.js';
import type { Coding } from './coding.js';

/**
 * Segments of bytes that continue a condition (`features.md`, section "Conditions"): its bytes are learned one after another, then the
 * segment is coded behind them.
 */

/** Up to this length a segment leaves the size of the tables to the condition, which is taken for at least as long (FORMAT.md, section 12). */
const SHORT = 2 ** 13;
/** What a segment up to this length has learned is undone write by write; after a longer one all of the tables is written anew. */
const UNDOABLE = 2 ** 12;
/** Programs that wait for the next short segment. */
const MOST_IDLE = 8;

export function conditionsOf(coding: Coding): Conditions {
  return {
    sizeFor: (known, length) => (length <= SHORT ? Math.max(known, SHORT) : powerOfTwoFrom(known + length)),
    prime(condition, size) {
      const program = ByteProgram.laidOut(coding, shortLayout(condition.length, size));
      program.forget();
      program.begin(0, condition.length);
      return {
        domain: new ByteDomain(
          program,
          0,
          condition,
          () => [inOrder(condition.length)],
          () => {},
        ),
        finish: () => new PrimedBytes(coding, size, program, program.learned(condition.length)),
      };
    },
  };
}

/** What is known of a condition after its last byte, and programs that have learned it. */
class PrimedBytes implements Primed {
  private readonly idle: ByteProgram[];
  private readonly learnedBytes: number;
  private released = false;

  constructor(
    private readonly coding: Coding,
    private readonly size: number,
    program: ByteProgram,
    private readonly learned: Learned,
  ) {
    this.idle = [program];
    this.learnedBytes = [learned.tables, ...learned.positions].reduce((sum, { length }) => sum + length, 0);
  }

  get memory(): number {
    return this.idle.reduce((sum, { memory }) => sum + memory, this.learnedBytes);
  }

  domain(data: Uint8Array, dial: Dial): Domain {
    const blocks = (): Iterable<Block> => blocksOf(this.coding, data.length, dial);
    const { known } = this.learned;
    const undoable = data.length <= UNDOABLE;
    const program = (undoable && this.idle.pop()) || this.another(data.length);
    program.begin(known, data.length, undoable);
    return new ByteDomain(program, known, data, blocks, () => {
      if (undoable && !this.released && this.idle.length < MOST_IDLE) {
        program.undo(this.learned);
        this.idle.push(program);
      } else {
        program.giveBack();
      }
    });
  }

  release(): void {
    this.released = true;
    for (const program of this.idle.splice(0)) program.giveBack();
  }

  /** A program that has learned the condition, for a segment of `length` bytes. */
  private another(length: number): ByteProgram {
    const { known } = this.learned;
    const layout =
      length <= UNDOABLE
        ? shortLayout(known, this.size)
        : { size: this.size, capacity: known + powerOfTwoFrom(length), undoable: 0 };
    const program = ByteProgram.laidOut(this.coding, layout);
    program.learn(this.learned);
    return program;
  }
}

function shortLayout(known: number, size: number): Layout {
  return { size, capacity: known + UNDOABLE, undoable: UNDOABLE };
}

/** The positions one by one, left to right. */
function inOrder(length: number): Block {
  return {
    start: 0,
    positions: Uint32Array.from({ length }, (_, i) => i),
    starts: Uint32Array.from({ length: length + 1 }, (_, i) => i),
  };
}
