// @ts-expect-error: the package has no types.
import SwaggerUIBundle from 'swagger-ui-dist/swagger-ui-es-bundle.js';

/** A contract, as far as this page looks into it. */
interface Contract {
  readonly servers?: unknown;
}
type UpdateSpec = (contract: Contract) => unknown;
/** The part of React that is used here. */
interface System {
  readonly React: { createElement(tag: 'span', attributes: null, text: unknown): unknown };
}

// What is tried is sent to where this page is from, also where that is below a path of a proxy, of which the contract knows nothing.
const here = new URL('.', location.href).href.replace(/\/$/, '');
const servers = [{ url: here, description: 'Where this page is from' }];

SwaggerUIBundle({
  url: 'openapi.yaml',
  dom_id: '#docs',
  deepLinking: true,
  // Otherwise a service of others is asked whether the contract is valid.
  validatorUrl: null,
  defaultModelsExpandDepth: 0,
  displayRequestDuration: true,
  plugins: [
    {
      wrapComponents: {
        // The paths are links inside of buttons, which can't be told apart by keyboard or aloud. Opening one sets the address anyway.
        DeepLink:
          (_link: unknown, { React }: System) =>
          ({ text }: { readonly text: unknown }) =>
            React.createElement('span', null, text),
      },
      statePlugins: {
        spec: {
          wrapActions: {
            updateJsonSpec: (update: UpdateSpec) => (contract: Contract) => update({ ...contract, servers }),
          },
        },
      },
    },
  ],
});

const dark = matchMedia('(prefers-color-scheme: dark)');
const follow = (): void => {
  document.documentElement.classList.toggle('dark-mode', dark.matches);
};
dark.addEventListener('change', follow);
follow();

/** Says aloud what is to be entered: the library names only some of its fields. */
function nameFields(): void {
  const fields = document.querySelectorAll('select, input, textarea');
  for (const field of fields) {
    const isNamed = field.hasAttribute('aria-label') || (field.id !== 'servers' && field.closest('label') !== null);
    if (isNamed) continue;
    const parameter = field.closest('[data-param-name], [data-property-name]');
    const name = parameter?.getAttribute('data-param-name') ?? parameter?.getAttribute('data-property-name');
    field.setAttribute('aria-label', name ?? (field.id === 'servers' ? 'Server' : 'Body'));
  }
}
new MutationObserver(nameFields).observe(document.body, { childList: true, subtree: true });
