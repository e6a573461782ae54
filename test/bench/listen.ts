import type { Server } from 'node:net';

/** Lets a program of the bench serve where it was told to, and end when it is told to. */
export function listen(server: Server): void {
  server.listen(Number(process.env.PORT), process.env.HOST ?? '127.0.0.1');
  process.once('SIGTERM', () => process.exit(0));
}
