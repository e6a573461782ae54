// What an MCP server says that tells its version, whatever carries it.
const VERSION = 'one';

const tool = (name) => ({ name, inputSchema: { type: 'object', properties: {} }, annotations: { readOnlyHint: true } });
const METHODS = {
  initialize: ({ protocolVersion }) => ({
    protocolVersion,
    capabilities: { tools: {} },
    serverInfo: { name: 'watched', version: VERSION },
  }),
  ping: () => ({}),
  'tools/list': () => ({ tools: [tool('version'), tool('secret')] }),
  'tools/call': ({ name }) => ({ content: [{ type: 'text', text: name === 'version' ? VERSION : 'the secret' }] }),
};

exports.answer = ({ id, method, params = {} }) => {
  const known = METHODS[method];
  return JSON.stringify({
    jsonrpc: '2.0',
    id,
    ...(known ? { result: known(params) } : { error: { code: -32601, message: `no ${method}` } }),
  });
};
