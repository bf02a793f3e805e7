/**
 * Looks up rows of a table: AssemblyScript, which `asc` compiles and `tsc` does not. Its memory is shared by all workers: the table, which
 * nobody writes to, and behind it room for each worker. `../look-up.ts` owns it.
 */

/**
 * Copies rows `indices[0 .. count)` (uint32) of 16 bytes each, one behind another. Four are read before any is written, so that the
 * processor waits for several of them at once: most are in no cache.
 */
export function lookUp16(table: usize, rows: u32, indices: usize, count: i32, out: usize): void {
  const end = indices + (<usize>count << 2);
  for (; indices + 16 <= end; indices += 16) {
    const a = v128.load(table + at16(indices, rows));
    const b = v128.load(table + at16(indices + 4, rows));
    const c = v128.load(table + at16(indices + 8, rows));
    const d = v128.load(table + at16(indices + 12, rows));
    v128.store(out, a);
    v128.store(out, b, 16);
    v128.store(out, c, 32);
    v128.store(out, d, 48);
    out += 64;
  }
  for (; indices < end; indices += 4) {
    v128.store(out, v128.load(table + at16(indices, rows)));
    out += 16;
  }
}

// @ts-ignore: a decorator of AssemblyScript
@inline
function at16(index: usize, rows: u32): usize {
  const row = load<u32>(index);
  // What is behind the table is no row of it.
  if (row >= rows) unreachable();
  return <usize>row << 4;
}

/** The same for rows of any size. */
export function lookUp(table: usize, rows: u32, rowBytes: usize, indices: usize, count: i32, out: usize): void {
  for (let i: i32 = 0; i < count; i++) {
    const row = load<u32>(indices + (<usize>i << 2));
    if (row >= rows) unreachable();
    memory.copy(out, table + <usize>row * rowBytes, rowBytes);
    out += rowBytes;
  }
}
