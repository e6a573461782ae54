// Operations that dynalite 4 has not, beside those that it has.
const db = require('dynalite/db');

/**
 * Makes a dynalite whose server answers more operations.
 * @param makers of operations: each is given the store of the tables, and returns functions of a request by its `X-Amz-Target`
 */
exports.withOperations =
  (dynalite, ...makers) =>
  (options) => {
    // It tells nobody of its store.
    let store;
    const create = db.create;
    db.create = (given) => {
      store = create(given);
      return store;
    };
    const server = dynalite(options);
    db.create = create;
    const operations = Object.assign({}, ...makers.map((make) => make(store)));
    const [answer] = server.listeners('request');
    server.removeAllListeners('request').on('request', (request, response) => {
      const operation = operations[String(request.headers['x-amz-target'])];
      // Who has not signed is told so by dynalite, as for every operation.
      if (operation === undefined || !/^AWS4-/.test(request.headers.authorization ?? '')) return answer(request, response);
      respond(request, response, operation);
    });
    return server;
  };

/** An error that a client reads as AWS's own. */
exports.refusal = (type, message, status) => Object.assign(new Error(message), { type, status });

async function respond(request, response, operation) {
  const send = (status, body) =>
    response
      .writeHead(status, { 'content-type': 'application/x-amz-json-1.0', 'x-amzn-requestid': 'operations' })
      .end(JSON.stringify(body));
  try {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    send(200, await operation(JSON.parse(Buffer.concat(chunks).toString())));
  } catch (error) {
    // Who has left needs no answer.
    if (!request.complete || response.destroyed) return;
    const { type = error instanceof SyntaxError ? 'SerializationException' : 'InternalServerError', status = 400 } = error;
    send(type === 'InternalServerError' ? 500 : status, { __type: `com.amazonaws.dynamodb.v20120810#${type}`, message: error.message });
  }
}
