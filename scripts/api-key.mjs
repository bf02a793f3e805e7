// `npm run api-key -- NAME`: makes an API key, and the entry for API_KEYS that stands for it. Plain Node: it needs nothing
// that is to be installed. The key is shown once and kept nowhere.
import { createHash, randomBytes } from 'node:crypto';

const [name = ''] = process.argv.slice(2);
if (!/^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/.test(name) || name === 'anonymous') {
  console.error('usage: npm run api-key -- NAME, of 1 to 64 letters, digits, - and _; anonymous is no name');
  process.exit(2);
}
const key = `ardm_${randomBytes(32).toString('base64url')}`;
console.log(`key, for the client: ${key}`);
console.log(`entry of API_KEYS:   ${name}:${createHash('sha256').update(key).digest('hex')}`);
