import type { Server } from 'node:http';
import { createServer } from 'node:http';
import express from 'express';
import type { Journal } from './journal';
import { sdkV1Endpoint } from './sdk-v1';

/** The same server as authors write it with express: `express.json()` obeys charsets and content codings. */
export function expressServer(journal: Journal): Server {
  const serve = sdkV1Endpoint('express', journal);
  const app = express();
  app.set('env', 'test'); // or every refusal is printed
  app.use(express.json({ limit: '4mb', strict: false }));
  app.all('/mcp', (request, response) => void serve(request, response, request.body));
  return createServer(app);
}
