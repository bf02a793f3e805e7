/** The program of sound. */
import { openMemory } from './memory-plan';
import { openPredictors } from './predictors';

export { predict, predictionCount, predictions, settings, update } from './predictors';

/** Begins a clip that is as `settings` say. */
export function begin(): void {
  openMemory(__heap_base);
  openPredictors();
}
