/** `npm run bench:outage -- [--seconds 30]`: what a fleet does without Redis, and how soon it recovers. */
import { parseArgs } from 'node:util';
import { outageRun } from '../fleet/outage-run.js';

const { values } = parseArgs({ options: { seconds: { type: 'string', default: '30' } } });
console.log(JSON.stringify(await outageRun(Number(values.seconds)), undefined, 2));
