export interface ServeOptions {
  readonly port?: string;
  readonly host?: string;
}

/** Runs the server in this process until it is told to end; how it ends is the exit code. */
export async function serve({ port, host }: ServeOptions): Promise<void> {
  const { runServer } = await import('../server.js');
  await runServer({
    ...process.env,
    ...(port !== undefined && { PORT: port }),
    ...(host !== undefined && { HOST: host }),
  });
}
