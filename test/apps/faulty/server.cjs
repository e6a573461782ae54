// An HTTP server that comes to harm in the way that FAULT names.
const { existsSync } = require('node:fs');
const { createServer } = require('node:http');

const [fault, detail] = (process.env.FAULT ?? '').split('=');
const mended = process.env.MENDED !== undefined && existsSync(process.env.MENDED);

console.log(`fault ${fault}, pid ${process.pid}`);
// What would act on a terminal.
console.error('\x1b]0;owned\x07\x1b[31mTypeError: no provider\x1b[0m');

if (mended) listen();
else if (fault === 'exits') process.exitCode = 7;
else if (fault === 'deaf') setInterval(() => {}, 1000);
else {
  listen();
  if (fault === 'crashes')
    setTimeout(() => {
      throw new Error('the connection pool is gone');
    }, Number(detail));
}

/** The least that a sidecar takes for a server. */
function listen() {
  createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => (body += chunk));
    request.on('end', () => answer(body, response));
  }).listen(process.env.PORT, '127.0.0.1');
}

function answer(body, response) {
  const { id, method, params = {} } = body === '' ? {} : JSON.parse(body);
  if (id === undefined) return response.writeHead(body === '' ? 405 : 202).end();
  const result =
    method === 'initialize'
      ? { protocolVersion: params.protocolVersion, capabilities: { tools: {} }, serverInfo: { name: 'faulty', version: '1.0.0' } }
      : method === 'tools/list'
        ? { tools: [] }
        : {};
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ jsonrpc: '2.0', id, result }));
}
