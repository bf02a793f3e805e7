/** One server-sent event. */
export interface ServerEvent {
  readonly id: number;
  readonly event: string;
  readonly data: Record<string, unknown>;
}

/** What a stream of server-sent events has: its events, and its comments. */
export function parseEvents(text: string): { events: ServerEvent[]; comments: string[] } {
  const events: ServerEvent[] = [];
  const comments: string[] = [];
  for (const block of text.split('\n\n')) {
    const fields = new Map<string, string>();
    for (const line of block.split('\n')) {
      if (line.startsWith(':')) comments.push(line.slice(1).trim());
      else fields.set(line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trim());
    }
    const data = fields.get('data');
    if (data === undefined) continue;
    events.push({
      id: Number(fields.get('id')),
      event: fields.get('event') ?? '',
      data: JSON.parse(data) as Record<string, unknown>,
    });
  }
  return { events, comments };
}
