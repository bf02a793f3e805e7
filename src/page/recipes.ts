import { type Call, pathOf } from './api.js';

export type Language = 'curl' | 'javascript' | 'python';

/**
 * The same request from elsewhere, as text to copy. A key is never in it, only the place where it goes.
 *
 * @param server address of the server, with a slash at its end.
 */
export function recipe(language: Language, call: Call, server: string, withKey: boolean): string {
  return { curl, javascript, python }[language](call, `${server}${pathOf(call)}`, withKey);
}

function curl({ method, body, saveAs }: Call, url: string, withKey: boolean): string {
  const words = ['curl --fail'];
  if (method === 'DELETE') words.push('-X DELETE');
  if (withKey) words.push('-H "X-API-Key: $KEY"');
  if (body) words.push(`--data-binary ${quoted(`@${body.name}`)}`);
  if (saveAs !== undefined) words.push(`-o ${quoted(saveAs)}`);
  words.push(quoted(url));
  return words.join(' \\\n  ');
}

/** For a POSIX shell. */
function quoted(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

function javascript({ method, body, saveAs }: Call, url: string, withKey: boolean): string {
  const lines = [];
  if (body || saveAs !== undefined) {
    const names = [...(body ? ['readFile'] : []), ...(saveAs === undefined ? [] : ['writeFile'])];
    lines.push(`import { ${names.join(', ')} } from 'node:fs/promises';`, '');
  }
  const options = [];
  if (method !== 'GET') options.push(`  method: '${method}',`);
  if (withKey) options.push("  headers: { 'X-API-Key': process.env.KEY },");
  if (body) options.push(`  body: await readFile(${JSON.stringify(body.name)}),`);
  const address = JSON.stringify(url);
  lines.push(
    options.length === 0
      ? `const answer = await fetch(${address});`
      : [`const answer = await fetch(${address}, {`, ...options, '});'].join('\n'),
    'if (!answer.ok) throw new Error((await answer.json()).detail);',
  );
  if (saveAs !== undefined)
    lines.push(`await writeFile(${JSON.stringify(saveAs)}, Buffer.from(await answer.arrayBuffer()));`);
  else if (method !== 'DELETE') lines.push('console.log(await answer.json());');
  return lines.join('\n');
}

function python({ method, body, saveAs }: Call, url: string, withKey: boolean): string {
  const lines = [
    ...(saveAs === undefined && method !== 'DELETE' ? ['import json'] : []),
    ...(withKey ? ['import os'] : []),
  ];
  lines.push('from urllib.request import Request, urlopen', '');
  const given = [JSON.stringify(url)];
  if (body) given.push(`data=open(${JSON.stringify(body.name)}, "rb").read()`);
  const headers = [
    ...(body ? ['"Content-Type": "application/octet-stream"'] : []),
    ...(withKey ? ['"X-API-Key": os.environ["KEY"]'] : []),
  ];
  if (headers.length > 0) given.push(`headers={${headers.join(', ')}}`);
  if (method === 'DELETE') given.push('method="DELETE"');
  lines.push(
    given.length === 1 ? `request = Request(${given[0]})` : `request = Request(\n    ${given.join(',\n    ')},\n)`,
  );
  if (saveAs !== undefined) {
    lines.push(
      `with urlopen(request) as answer, open(${JSON.stringify(saveAs)}, "wb") as file:`,
      '    file.write(answer.read())',
    );
  } else if (method === 'DELETE') lines.push('urlopen(request).close()');
  else lines.push('with urlopen(request) as answer:', '    print(json.load(answer))');
  return lines.join('\n');
}
