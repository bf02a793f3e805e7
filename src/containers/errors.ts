/** The parts of a container do not make a file: they were changed. Inside this folder only; outside it is a ChecksumMismatchError. */
export class DamagedContainerError extends Error {}
