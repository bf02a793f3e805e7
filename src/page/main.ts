import { Api, type Dictionary, type Estimate, type Model, type Query } from './api.js';
import { DictionaryMaker } from './dictionary-maker.js';
import { byId, debounced, element } from './dom.js';
import { Dream } from './dream.js';
import { EstimateView } from './estimate-view.js';
import { type Input, InputBox } from './input.js';
import { Inside } from './inside.js';
import { Key } from './key.js';
import { RecipeView } from './recipe-view.js';
import { messageOf, RoundTrip } from './round-trip.js';

/** Up to so many bytes, the server tells of each what it takes (`detail=bytes`). */
const DETAILED = 16_384;

const modelChoice = byId('model', HTMLSelectElement);
const dictionaryChoice = byId('dictionary', HTMLSelectElement);
const estimateError = byId('estimate-error', HTMLElement);

let input: Input | undefined;
let models: readonly Model[] = [];
let estimating = new AbortController();
/** The model that the last estimate is of. */
let estimated: string | undefined;

const key = new Key(() => void begin());
const recipes = new RecipeView(() => key.value !== '');
const api = new Api(
  () => key.value,
  (call) => recipes.show(call),
  () => key.ask(),
);
/** What the page learns in passing is nothing that anybody did. */
const quietly = new Api(
  () => key.value,
  () => {},
  () => key.ask(),
);
const settings = (): Query => ({
  model: modelChoice.value === 'auto' ? undefined : modelChoice.value,
  dictionary: dictionaryChoice.value,
});
const trip = new RoundTrip(api, () => ({ ...settings(), calls: view.calls }));
const inside = new Inside();
const detailAgain = debounced(250, () => void estimate());
const view = new EstimateView(() => {
  trip.forget();
  detailAgain();
});
const box = new InputBox((given) => {
  input = given;
  trip.begin(given);
  void estimate();
});
new DictionaryMaker(api, settings, async (use?: Dictionary) => {
  const before = dictionaryChoice.value;
  await listDictionaries(use?.id);
  if (dictionaryChoice.value !== before) changed();
});
new Dream(api, () => {
  // What others dream is no text.
  const ofBytes = models.filter(({ units }) => units === 'byte');
  return (
    ofBytes.find(({ id }) => id === modelChoice.value) ?? ofBytes.find(({ id }) => id === estimated) ?? ofBytes.at(-1)
  );
});
modelChoice.addEventListener('change', changed);
dictionaryChoice.addEventListener('change', changed);

box.begin();
void begin();

/** What depends on who asks. */
async function begin(): Promise<void> {
  try {
    ({ models } = await quietly.json<{ models: Model[] }>({ method: 'GET', path: 'v1/models', query: {} }));
    const before = modelChoice.value;
    modelChoice.replaceChildren(...['auto', ...models.map(({ id }) => id)].map((id) => element('option', {}, id)));
    modelChoice.value = models.some(({ id }) => id === before) ? before : 'auto';
    await listDictionaries(dictionaryChoice.value);
    if (estimateError.textContent !== '') changed();
  } catch (error) {
    estimateError.textContent = messageOf(error);
  }
}

/** @param id of the one to choose, if it is there. */
async function listDictionaries(id = dictionaryChoice.value): Promise<void> {
  const call = { method: 'GET', path: 'v1/dictionaries', query: {} } as const;
  const { dictionaries } = await quietly.json<{ dictionaries: Dictionary[] }>(call);
  const options = dictionaries.map((each) => element('option', { value: each.id }, each.shortId));
  dictionaryChoice.replaceChildren(element('option', { value: '' }, 'none'), ...options);
  dictionaryChoice.value = dictionaries.some((each) => each.id === id) ? id : '';
}

function changed(): void {
  trip.forget();
  void estimate();
}

/** Asks for sizes and times of what there is now, and forgets the question before. */
async function estimate(): Promise<void> {
  if (input === undefined) return;
  const { bytes, name } = input;
  estimating.abort();
  estimating = new AbortController();
  const { signal } = estimating;
  view.wait();
  const detailed = bytes.length > 0 && bytes.length <= DETAILED;
  const query = { ...settings(), calls: view.calls, ...(detailed && { detail: 'bytes' }) };
  try {
    const body = { bytes, name };
    const answer = await api.json<Estimate>({ method: 'POST', path: 'v1/estimate', query, body }, signal);
    if (signal.aborted) return;
    estimateError.textContent = '';
    estimated = answer.model;
    view.show(answer);
    if (answer.detail) inside.show(bytes, answer.detail);
    else if (bytes.length > DETAILED) inside.clear('This is told of files of up to 16 KiB.');
    else
      inside.clear(
        bytes.length === 0 ? 'There is nothing in it yet.' : 'Of this file there is nothing to tell byte by byte.',
      );
  } catch (error) {
    if (signal.aborted) return;
    view.fail();
    inside.clear('There is nothing to show yet.');
    estimateError.textContent = messageOf(error);
  }
}
