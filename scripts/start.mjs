// `npm start`: what is missing is installed and built, then the server runs in this very process, so that signals
// reach it.
import { setUp } from './setup.mjs';

setUp();
await import('../dist/src/main.js');
