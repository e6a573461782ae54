// PartiQL as far as the ledger speaks it, which dynalite 4 does not at all: INSERT of one item, each attribute a parameter.
const validations = require('dynalite/validations');
const putItem = require('dynalite/actions/putItem');
const put = require('dynalite/validations/putItem');
const { refusal } = require('./operations.cjs');

/** Limits of DynamoDB (API Reference, BatchExecuteStatement; BatchStatementRequest). */
const STATEMENTS = 25;
const STATEMENT_LENGTH = 8192;

const INSERT = /^\s*INSERT\s+INTO\s+(?:"([a-z0-9_.-]+)"|([a-z0-9_]+))\s+VALUE\s*\{(.*)\}\s*$/is;
const ATTRIBUTE = /\s*'((?:[^']|'')+)'\s*:\s*\?\s*(?:,|$)/sy;

/** By an error of PutItem: what it is called in a batch (BatchStatementError), and where it stands alone. */
const ERRORS = {
  ConditionalCheckFailedException: ['DuplicateItem', 'DuplicateItemException', 'Duplicate primary key exists in table'],
  ResourceNotFoundException: ['ResourceNotFound', 'ResourceNotFoundException'],
  ValidationException: ['ValidationError', 'ValidationException'],
};

/** By their targets. */
exports.statements = (store) => ({
  'DynamoDB_20120810.ExecuteStatement': (body) => execute(store, body),
  'DynamoDB_20120810.BatchExecuteStatement': (body) => executeBatch(store, body),
});

async function execute(store, { Statement, Parameters }) {
  requireLength('statement', Statement, STATEMENT_LENGTH);
  requireKnown(Statement);
  try {
    await insert(store, readInsert(Statement, Parameters));
  } catch (error) {
    const [, type, message = error.message] = ERRORS[error.type] ?? [];
    throw type === undefined ? error : refusal(type, message);
  }
  return { Items: [] };
}

/** Each statement has a fate of its own; only what is no batch at all is refused as a whole. */
async function executeBatch(store, { Statements }) {
  requireLength('statements', Statements, STATEMENTS);
  for (const { Statement } of Statements) requireLength('statement', Statement, STATEMENT_LENGTH);
  for (const { Statement } of Statements) requireKnown(Statement);
  return { Responses: await Promise.all(Statements.map((statement) => answerOne(store, statement))) };
}

async function answerOne(store, { Statement, Parameters }) {
  try {
    const row = readInsert(Statement, Parameters);
    await insert(store, row);
    return { TableName: row.TableName };
  } catch (error) {
    const [Code, , Message = error.message] = ERRORS[error.type] ?? ['InternalServerError'];
    return { Error: { Code, Message } };
  }
}

/** What AWS does and this does not is said by name: a program that comes so far would else look for its own fault. */
function requireKnown(statement) {
  const [verb = 'statement'] = /\w+/.exec(statement) ?? [];
  if (verb.toUpperCase() === 'INSERT' && (!INSERT.test(statement) || attributesOf(INSERT.exec(statement)[3]) !== undefined)) return;
  const instead = 'GetItem, Query, UpdateItem, DeleteItem or PutItem does the same';
  const known = `INSERT INTO "table" VALUE {'attribute': ?, …} with each value a parameter`;
  throw refusal('NotImplemented', `The local account knows of PartiQL only ${known}, not this ${verb}: ${statement}. ${instead}.`, 501);
}

/** The item that a statement puts where none is. */
function readInsert(statement, parameters = []) {
  const [, quoted, plain, tuple] = INSERT.exec(statement) ?? [];
  const names = tuple === undefined ? undefined : attributesOf(tuple);
  if (names === undefined) throw refusal('ValidationException', "Statement wasn't well formed, can't be processed: Unexpected term");
  if (names.length !== parameters.length)
    throw refusal('ValidationException', "Number of parameters in request and statement don't match.");
  return { TableName: quoted ?? plain, Item: Object.fromEntries(names.map((name, index) => [name, parameters[index]])) };
}

/** Names in a tuple whose every value is a parameter; undefined for another one. */
function attributesOf(tuple) {
  const names = [];
  ATTRIBUTE.lastIndex = 0;
  while (ATTRIBUTE.lastIndex < tuple.length) {
    const found = ATTRIBUTE.exec(tuple);
    if (found === null) return undefined;
    names.push(found[1].replaceAll("''", "'"));
  }
  return names.length > 0 ? names : undefined;
}

/** PutItem on the condition that no item has this key, checked as dynalite checks every other. */
async function insert(store, { TableName, Item }) {
  const { KeySchema } = await called((done) => store.getTable(TableName, done));
  const condition = { ConditionExpression: 'attribute_not_exists(#key)', ExpressionAttributeNames: { '#key': KeySchema[0].AttributeName } };
  await called((done) => {
    const data = validations.checkTypes({ TableName, Item, ...condition }, put.types);
    validations.checkValidations(data, put.types, put.custom, store);
    putItem(store, data, done);
  });
}

/** The result of a function of dynalite, whose errors come by either way. */
function called(work) {
  return new Promise((done, fail) => work((error, result) => (error ? fail(error) : done(result)))).catch((error) => {
    const { __type = '', message, Message = message } = error.body ?? {};
    throw __type === '' ? error : refusal(__type.replace(/.*#/, ''), Message);
  });
}

function requireLength(name, value, most) {
  const bound = value?.length >= 1 ? `less than or equal to ${most}` : 'greater than or equal to 1';
  if (value?.length >= 1 && value.length <= most) return;
  const problem = `Value at '${name}' failed to satisfy constraint: Member must have length ${bound}`;
  throw refusal('ValidationException', `1 validation error detected: ${problem}`);
}
