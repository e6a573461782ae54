// A server on standard input and output that prints metrics in the name of another.
require('./forge.cjs');
const { createInterface } = require('node:readline');

createInterface({ input: process.stdin }).on('line', (line) => {
  const { id, params } = JSON.parse(line);
  if (id === undefined) return;
  const serverInfo = { name: 'forger', version: '1.0.0' };
  const result = { protocolVersion: params?.protocolVersion, capabilities: { tools: {} }, serverInfo };
  process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', id, result })}\n`);
});
