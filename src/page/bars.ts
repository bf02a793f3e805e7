import { element } from './dom.js';
import { count } from './format.js';

export interface Bar {
  readonly name: string;
  readonly bytes: number;
  /** Whether it is this service's. */
  readonly own?: boolean;
  /** Whether the number is a guess. */
  readonly about?: boolean;
}

/** Rows of a table whose bars show sizes. Rows that were there before move to their new size. */
export function drawBars(body: HTMLTableSectionElement, bars: readonly Bar[]): void {
  const most = Math.max(1, ...bars.map(({ bytes }) => bytes));
  while (body.rows.length > bars.length) body.deleteRow(-1);
  for (const [index, { name, bytes, own = false, about = false }] of bars.entries()) {
    const row = body.rows[index] ?? emptyRow(body);
    row.className = own ? 'own' : '';
    const [head, share, size] = row.cells;
    if (head) head.textContent = name;
    const bar = share?.firstElementChild;
    if (bar instanceof HTMLElement) bar.style.width = `${(bytes / most) * 100}%`;
    if (size) size.textContent = `${about ? '≈ ' : ''}${count(bytes)}`;
  }
}

function emptyRow(body: HTMLTableSectionElement): HTMLTableRowElement {
  const row = element(
    'tr',
    {},
    element('th', { scope: 'row' }),
    element('td', {}, element('div', { class: 'bar' })),
    element('td'),
  );
  body.append(row);
  return row;
}
