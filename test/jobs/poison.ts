/** Attempts that a poisoned job is given. */
export const MAX_ATTEMPTS = 3;

/** Locks that end soon, in milliseconds. */
export const SHORT_TIMES = { duration: 1_000, renewal: 300, search: 400 };
