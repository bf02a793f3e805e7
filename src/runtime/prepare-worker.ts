/**
 * Entry of the thread that takes a model's files apart for the workers.
 * @module
 */
import { parentPort, workerData } from 'node:worker_threads';
import type { Prepared, PrepareInit } from './prepare-model.js';
import { type PreparedGraph, prepareGraph } from './prepared-graph.js';
import { describe } from './task-server.js';

// Only `prepareModel` starts it, with exactly this.
const { paths, settings }: PrepareInit = workerData;
let answer: Prepared;
try {
  const graphs: (PreparedGraph | undefined)[] = [];
  for (const path of paths) graphs.push(await prepareGraph(path, settings));
  answer = { graphs };
} catch (error) {
  answer = { reason: describe(error) };
}
parentPort?.postMessage(answer);
