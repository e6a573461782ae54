declare module 'express' {
  import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';

  type Handler = (request: IncomingMessage & { readonly body: unknown }, response: ServerResponse) => void;

  interface Application extends RequestListener {
    set(name: string, value: unknown): void;
    use(handler: unknown): void;
    all(path: string, handler: Handler): void;
  }

  interface Express {
    (): Application;
    json(options?: { limit?: string; strict?: boolean }): unknown;
  }

  const express: Express;
  export default express;
}
