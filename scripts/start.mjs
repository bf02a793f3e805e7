// `npm start`: what is missing is installed and built, then the server runs in this very process, so that signals
// reach it.
import { checkPlace } from './place.mjs';
import { setUp } from './setup.mjs';

await checkPlace(process.env);
await setUp({ toRun: true });
await import('../dist/src/main.js');
