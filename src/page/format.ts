const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });

export function count(value: number): string {
  return whole.format(value);
}

/** `1,234 bytes`, as exact as it is: sizes are compared here. */
export function bytes(value: number): string {
  return value === 1 ? '1 byte' : `${count(value)} bytes`;
}

/** For axes, where there is no room: `1.2k`, `3.4M`. */
export function shortBytes(value: number): string {
  if (value < 1_000) return count(value);
  return value < 1_000_000 ? `${threeDigits(value / 1_000)}k` : `${threeDigits(value / 1_000_000)}M`;
}

/** A duration in seconds as people say it: `12 ms`, `1.4 s`, `3 min`. */
export function seconds(value: number): string {
  if (value < 0.000_95) return '< 1 ms';
  if (value < 1) return `${threeDigits(value * 1_000)} ms`;
  return value < 100 ? `${threeDigits(value)} s` : `${count(value / 60)} min`;
}

/** How much smaller the first is than the second: `31 % smaller`, `4 % larger`, `as large`. */
export function comparison(size: number, other: number): string {
  const percent = Math.round((1 - size / other) * 100);
  if (percent === 0 || !Number.isFinite(percent)) return 'as large';
  return percent > 0 ? `${percent} % smaller` : `${-percent} % larger`;
}

export function percent(part: number, all: number): string {
  return all === 0 ? '–' : `${threeDigits((part / all) * 100)} %`;
}

/** Not more than two digits after the point, and none where there are two before it. */
function threeDigits(value: number): string {
  const digits = value >= 10 ? 0 : 1;
  return value.toFixed(digits).replace(/\.0$/, '');
}
