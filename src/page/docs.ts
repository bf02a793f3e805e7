// @ts-expect-error: the package has no types.
import SwaggerUIBundle from 'swagger-ui-dist/swagger-ui-es-bundle.js';

/** A contract, as far as this page looks into it. */
interface Contract {
  readonly servers?: unknown;
}
type UpdateSpec = (contract: Contract) => unknown;

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
