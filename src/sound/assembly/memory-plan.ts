/** Memory, handed out once, from low to high, when a clip's shape is known. Nothing is given back. */

let next: usize;

/** Begins to hand out from `at` on. */
export function openMemory(at: usize): void {
  next = at;
}

/** So many bytes of zeros, 64 of them a line. */
export function take(size: usize): usize {
  const at = (next + 63) & ~63;
  next = at + size;
  const pages = <i32>((next + 0xffff) >>> 16);
  if (pages > memory.size()) memory.grow(pages - memory.size());
  memory.fill(at, 0, size);
  return at;
}

/** Where what has been handed out ends. */
export function taken(): usize {
  return next;
}
