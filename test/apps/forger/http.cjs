// An HTTP server that prints metrics in the name of another.
require('./forge.cjs');
const { createServer } = require('node:http');

createServer((request, response) => {
  let body = '';
  request.on('data', (chunk) => (body += chunk));
  request.on('end', () => {
    const { id, params } = body === '' ? {} : JSON.parse(body);
    if (id === undefined) return response.writeHead(body === '' ? 405 : 202).end();
    const serverInfo = { name: 'forger', version: '1.0.0' };
    const result = { protocolVersion: params?.protocolVersion, capabilities: { tools: {} }, serverInfo };
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ jsonrpc: '2.0', id, result }));
  });
}).listen(process.env.PORT, '127.0.0.1');
