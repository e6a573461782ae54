// The embedded DynamoDB in a process of its own, so that its work does not delay the load balancer.
// Receives { folder? } (in memory without one), sends { port } when it listens, ends with its parent. Then it receives
// { stream } and { trim, upTo }: a table whose writes leave records, and records that nobody has a use for any more; and { faults }:
// by which requests fail. Sends { met } for each of those.
const dynalite = require('dynalite');
const db = require('dynalite/db');
const { TableFaults } = require('../dynamodb/faults.cjs');
const { withOperations } = require('../dynamodb/operations.cjs');
const { statements } = require('../dynamodb/statements.cjs');
const { Streams } = require('../dynamodb/streams.cjs');
const conditionalWrites = [
  require('dynalite/validations/putItem'),
  require('dynalite/validations/updateItem'),
  require('dynalite/validations/deleteItem'),
];

returnItemsOnConditionFailure();

process.once('message', ({ folder }) => {
  let streams;
  const operationsOfStreams = (store) => {
    streams = new Streams(store);
    return streams.operations();
  };
  const tableFaults = new TableFaults((met) => process.send({ met }));
  const server = tableFaults.guard(
    withOperations(dynalite, statements, operationsOfStreams)({ path: folder, createTableMs: 0, deleteTableMs: 0, updateTableMs: 0 }),
  );
  server.keepAliveTimeout = 60_000;
  server.listen(0, '127.0.0.1', () => process.send({ port: server.address().port }));
  process.on('message', ({ stream, trim, upTo, faults }) => {
    if (stream !== undefined) streams.begin(stream);
    if (trim !== undefined) streams.trim(trim, upTo);
    if (faults !== undefined) tableFaults.set(faults);
  });
  process.on('SIGTERM', () => {
    server.close(() => process.exit(0));
    server.closeAllConnections();
  });
});
process.on('disconnect', () => process.exit(0));

// dynalite throws what a request's socket reports; a client that died must not take the tables with it.
process.on('uncaughtException', (error) => {
  if (error.code === 'ECONNRESET' || error.code === 'EPIPE') return;
  console.error(error);
  process.exit(1);
});

// DynamoDB returns the item that failed a condition when asked to (ReturnValuesOnConditionCheckFailure);
// dynalite 4 drops that parameter.
function returnItemsOnConditionFailure() {
  for (const { types } of conditionalWrites) types.ReturnValuesOnConditionCheckFailure = { type: 'String', enum: ['ALL_OLD', 'NONE'] };
  const check = db.checkConditional;
  db.checkConditional = (request, item) => {
    const error = check(request, item);
    if (error && item && request.ReturnValuesOnConditionCheckFailure === 'ALL_OLD') error.body.Item = item;
    return error;
  };
}
