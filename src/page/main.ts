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

/** Up to so many bytes, the server tells of each what it takes (`detail=bytes`); of pictures of up to so many pixels, and of sound of up to so many frames. */
const DETAILED = { bytes: '16 KiB', pixels: '262,144 pixels', frames: '262,144 frames' };

const modelChoice = byId('model', HTMLSelectElement);
const dictionaryChoice = byId('dictionary', HTMLSelectElement);
const estimateError = byId('estimate-error', HTMLElement);

let input: Input | undefined;
let estimating = new AbortController();
/** Whether the last estimate told more than the ladder, and another turn of the dial tells something else. */
let turns = false;

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
const trip = new RoundTrip(api, () => ({ ...settings(), ...box.alone, calls: view.calls }));
const inside = new Inside();
const detailAgain = debounced(250, () => void estimate());
const view = new EstimateView(() => {
  trip.forget();
  if (turns) detailAgain();
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
const dream = new Dream(api);
byId('alone', HTMLInputElement).addEventListener('change', changed);
modelChoice.addEventListener('change', changed);
dictionaryChoice.addEventListener('change', changed);

box.begin();
void begin();

/** What depends on who asks. */
async function begin(): Promise<void> {
  try {
    const { models } = await quietly.json<{ models: Model[] }>({ method: 'GET', path: 'v1/models', query: {} });
    dream.offer(models);
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
  const query = { ...settings(), ...box.alone, calls: view.calls, detail: 'bytes' };
  try {
    const body = { bytes, name };
    const answer = await api.json<Estimate>({ method: 'POST', path: 'v1/estimate', query, body }, signal);
    if (signal.aborted) return;
    estimateError.textContent = '';
    view.show(answer);
    const { detail } = answer;
    box.found(detail?.picture !== undefined || detail?.sound !== undefined);
    turns = detail !== undefined && !detail.picture && !detail.sound;
    if (bytes.length === 0) inside.clear('There is nothing in it yet.');
    else if (detail) await inside.show(bytes, detail, () => !signal.aborted);
    else {
      const { bytes: most, pixels, frames } = DETAILED;
      inside.clear(
        `This is told of files of up to ${most}, of pictures of up to ${pixels}, and of sound of up to ${frames}.`,
      );
    }
  } catch (error) {
    if (signal.aborted) return;
    view.fail();
    inside.clear('There is nothing to show yet.');
    estimateError.textContent = messageOf(error);
  }
}
