/**
 * `node dist/src/main.js`: runs the service, which is set up by its environment alone. Exit code 1 if it fails, 2 for arguments.
 * @module
 */
const [argument] = process.argv.slice(2);
// Loaded only where it is to run: that takes a second.
if (argument === undefined) await (await import('./server.js')).runServer(process.env);
else {
  console.error(
    `The server takes no arguments, but was given ${argument}. Set it up by variables (docs/configuration.md), or use the command: ardm --help.`,
  );
  process.exitCode = 2;
}
