/**
 * What stood where a segment has written, so that all it has learned can be unlearned: words, and lines of 16 bytes. Only what lies scattered
 * in large tables is noted; the rest is copied as a whole by who unlearns it.
 */

const WORD: usize = 8;
const LINE: usize = 32;

let isOn: bool;
let words: usize;
let wordsEnd: usize;
let lines: usize;
let linesEnd: usize;

/** Lays out room for so many words and lines from `at` on. @returns where it ends. */
export function openJournal(at: usize, mostWords: usize, mostLines: usize): usize {
  isOn = false;
  lines = (at + 63) & ~63;
  words = lines + mostLines * LINE;
  return words + mostWords * WORD;
}

/** Notes from now on what is written, from nothing on; or notes nothing. */
export function keepJournal(on: bool): void {
  isOn = on;
  wordsEnd = words;
  linesEnd = lines;
}

/** To be called before the four bytes at an address that is a multiple of 4, or some of them, are written. */
// @ts-ignore: a decorator of AssemblyScript
@inline
export function noteWord(at: usize): void {
  if (!isOn) return;
  store<u32>(wordsEnd, <u32>at);
  store<u32>(wordsEnd, load<u32>(at), 4);
  wordsEnd += WORD;
}

/** To be called before the 16 bytes at an address are written. */
// @ts-ignore: a decorator of AssemblyScript
@inline
export function noteLine(at: usize): void {
  if (!isOn) return;
  v128.store(linesEnd, v128.load(at));
  store<u32>(linesEnd, <u32>at, 16);
  linesEnd += LINE;
}

/** Puts back what has been noted, the last first. */
export function undoJournal(): void {
  while (wordsEnd > words) {
    wordsEnd -= WORD;
    store<u32>(load<u32>(wordsEnd), load<u32>(wordsEnd, 4));
  }
  while (linesEnd > lines) {
    linesEnd -= LINE;
    v128.store(load<u32>(linesEnd, 16), v128.load(linesEnd));
  }
  isOn = false;
}
