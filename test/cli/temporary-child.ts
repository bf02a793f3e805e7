/**
 * A process that is in the midst of writing a file, for as long as it is left alone.
 * @module
 */
import { writeFileSync } from 'node:fs';
import { cleanUpOnSignals, temporaryBeside } from '../../src/cli/temporary.js';

cleanUpOnSignals();
writeFileSync(temporaryBeside(process.argv[2] ?? ''), 'half');
console.log('half of it is there');
setTimeout(() => {}, 60_000);
