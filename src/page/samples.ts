const encoder = new TextEncoder();

interface Sample {
  readonly name: string;
  readonly file: string;
  readonly text: string;
}

/** Built-in texts to begin with, written for this page. */
export const SAMPLES: readonly Sample[] = [
  {
    name: 'Prose',
    file: 'prose.txt',
    text: `The lighthouse keeper wrote a letter every evening, though the boat that carried the mail came only once a week. He wrote about the weather first, because the weather was what there was: how the fog had come in from the west before noon and stayed, how the gulls had gone quiet, how the lamp had burned for nineteen hours without a break. Then he wrote about the ships. He knew most of them by their engines long before he could see them, and he gave each of them a line, as one might mention neighbours.

By the end of the week there were seven letters in the tin, and he tied them together with string. He never read them again before he sent them. What he had written on Monday was no longer true on Friday, and that was the point of it: somebody far away would open the bundle, begin with the oldest, and watch a whole week of weather pass in a single afternoon.
`,
  },
  {
    name: 'JSON',
    file: 'order.json',
    text: `${JSON.stringify(
      {
        id: 'ord_7f3a91c2',
        createdAt: '2026-03-14T09:26:53Z',
        customer: { id: 'cus_1180', name: 'Maria Lindqvist', email: 'maria.lindqvist@example.org', locale: 'sv-SE' },
        items: [
          { sku: 'TEA-0042', name: 'Green tea, loose, 250 g', quantity: 2, unitPrice: 7.9, currency: 'EUR' },
          { sku: 'CUP-0007', name: 'Stoneware cup, blue', quantity: 4, unitPrice: 12.5, currency: 'EUR' },
        ],
        shipping: {
          method: 'standard',
          address: { street: 'Storgatan 12', city: 'Uppsala', postalCode: '753 31', country: 'SE' },
        },
        payment: { method: 'card', status: 'captured', amount: 65.8, currency: 'EUR' },
        status: 'confirmed',
      },
      undefined,
      1,
    )}\n`,
  },
  {
    name: 'Log',
    file: 'service.log',
    text: Array.from({ length: 12 }, (_, index) => {
      const path =
        ['/v1/orders', '/v1/orders/ord_7f3a91c2', '/v1/customers/cus_1180', '/health/ready'][index % 4] ?? '';
      const status = index === 7 ? 404 : 200;
      return `2026-03-14T09:26:${String(11 + index * 3)}.${String(104 + ((index * 271) % 893)).padStart(3, '0')}Z INFO  gateway[2187] GET ${path} ${status} ${String(3 + ((index * 7) % 19))}ms\n`;
    }).join(''),
  },
  {
    name: 'Code',
    file: 'median.py',
    text: `def median(values):
    """Return the middle value of a non-empty sequence of numbers."""
    if not values:
        raise ValueError("median of an empty sequence")
    ordered = sorted(values)
    middle = len(ordered) // 2
    if len(ordered) % 2 == 1:
        return ordered[middle]
    return (ordered[middle - 1] + ordered[middle]) / 2


if __name__ == "__main__":
    import sys

    numbers = [float(line) for line in sys.stdin if line.strip()]
    print(f"median of {len(numbers)} numbers: {median(numbers):.3f}")
`,
  },
  {
    name: 'Svenska',
    file: 'fyr.txt',
    text: `Fyrvaktaren skrev ett brev varje kväll, fast båten med posten bara kom en gång i veckan. Först skrev han om vädret, för vädret var det som fanns: hur dimman hade kommit in från väster före middag och stannat kvar, hur måsarna hade tystnat, hur lampan hade brunnit i nitton timmar utan avbrott. Sedan skrev han om fartygen. De flesta kände han igen på motorerna långt innan han kunde se dem, och han gav vart och ett en rad, så som man nämner sina grannar.
`,
  },
];

export function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  return encoder.encode(text);
}

/** Records that look alike, to make a dictionary of. */
export function exampleRecords(): string {
  const events = ['created', 'packed', 'shipped', 'delivered', 'returned'];
  const cities = ['Uppsala', 'Malmö', 'Bergen', 'Turku', 'Aarhus', 'Gdańsk', 'Tallinn'];
  return Array.from({ length: 160 }, (_, index) => {
    const mixed = (index * 2_654_435_761) >>> 0;
    return JSON.stringify({
      event: `parcel.${events[mixed % 5]}`,
      parcel: `prc_${mixed.toString(36).padStart(7, '0')}`,
      at: new Date(1_773_480_000_000 + index * 97_000).toISOString(),
      city: cities[(mixed >>> 8) % 7],
      weightGrams: 200 + ((mixed >>> 12) % 4_800),
      carrier: { name: 'Nordpost', service: mixed % 3 === 0 ? 'express' : 'standard' },
    });
  }).join('\n');
}
