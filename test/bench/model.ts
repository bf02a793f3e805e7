/** The model that benchmarks name, so that nothing is coded by brotli: the one that `auto` tries. */
export const MODEL = 'text-4';
