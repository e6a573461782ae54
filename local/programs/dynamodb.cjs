// The embedded DynamoDB in a process of its own, so that its work does not delay the load balancer.
// Receives { folder?, place } (in memory without a folder), sends { port, door } when it listens, ends with its parent. Then it receives
// { stream } and { trim, upTo }: a table whose writes leave records, and records that nobody has a use for any more; and { faults }:
// by which requests fail. Sends { met } for each of those. At the port everybody is believed; at the door programs are judged, by what it
// asks its parent.
const dynalite = require('dynalite');
const db = require('dynalite/db');
const { Door } = require('../dynamodb/door.cjs');
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

process.once('message', ({ folder, place }) => {
  let streams;
  let store;
  const operationsOfStreams = (given) => {
    store = given;
    streams = new Streams(store);
    return streams.operations();
  };
  const tableFaults = new TableFaults((met) => process.send({ met }));
  const server = tableFaults.guard(
    withOperations(dynalite, statements, operationsOfStreams)({ path: folder, createTableMs: 0, deleteTableMs: 0, updateTableMs: 0 }),
  );
  server.keepAliveTimeout = 60_000;
  const tell = (message) => void process.send(message);
  const door = new Door((request, response) => server.emit('request', request, response), { tell, keyOf, place });
  server.listen(0, '127.0.0.1', () =>
    door.server.listen(0, '127.0.0.1', () => tell({ port: server.address().port, door: door.server.address().port })),
  );
  process.on('message', ({ stream, trim, upTo, faults, ...more }) => {
    if (stream !== undefined) streams.begin(stream);
    if (trim !== undefined) streams.trim(trim, upTo);
    if (faults !== undefined) tableFaults.set(faults);
    door.take(more);
  });

  function keyOf(table, index) {
    return new Promise((done) => {
      store.getTable(table, (error, found) => {
        const { GlobalSecondaryIndexes = [], LocalSecondaryIndexes = [], KeySchema } = error ? {} : found;
        const schema =
          index === undefined
            ? KeySchema
            : [...GlobalSecondaryIndexes, ...LocalSecondaryIndexes].find(({ IndexName }) => IndexName === index)?.KeySchema;
        done(schema?.find(({ KeyType }) => KeyType === 'HASH')?.AttributeName);
      });
    });
  }

  process.on('SIGTERM', () => {
    door.server.close();
    door.server.closeAllConnections();
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
