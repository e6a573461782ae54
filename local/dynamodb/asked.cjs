// What a request to DynamoDB asks for, in the words of the Service Authorization Reference: actions, resources, condition keys.
const PREFIX = 'dynamodb:';
const PARTIQL = { INSERT: 'PartiQLInsert', UPDATE: 'PartiQLUpdate', DELETE: 'PartiQLDelete', SELECT: 'PartiQLSelect' };
/** A table in a PartiQL statement, and an index of it. */
const STATEMENT =
  /^\s*(?:(INSERT)\s+INTO|(UPDATE)|(DELETE)\s+FROM|(SELECT)\b.*?\bFROM)\s+(?:"([^"]+)"|([\w.-]+))(?:\s*\.\s*(?:"([^"]+)"|([\w.-]+)))?/is;
const TRANSACTED = { Put: 'PutItem', Update: 'UpdateItem', Delete: 'DeleteItem', ConditionCheck: 'ConditionCheckItem', Get: 'GetItem' };
/** Operations about no table. */
const ON_ALL = ['ListTables', 'ListStreams', 'DescribeLimits', 'DescribeEndpoints'];
const NAME = /[#:]?[A-Za-z_][\w.]*/g;
const WORDS =
  /^(?:set|remove|add|delete|and|or|not|between|in|attribute_exists|attribute_not_exists|attribute_type|begins_with|contains|size|if_not_exists|list_append)$/i;

/**
 * @param operation behind the last dot of `X-Amz-Target`
 * @param keyOf resolves with the name of the partition key of a table, or of an index of it; undefined where there is no such table
 * @param place `region:account`
 * @returns calls, each of which has to be allowed
 */
exports.askedBy = async (operation, body, keyOf, place) => {
  const arnOf = (table, index) =>
    `${String(table).startsWith('arn:') ? table : `arn:aws:dynamodb:${place}:table/${table}`}${index === undefined ? '' : `/index/${index}`}`;
  const call = async (action, request) => ({
    action: PREFIX + action,
    resource: arnOf(request.TableName, request.IndexName),
    context: await contextOf(request, (index) => keyOf(nameOf(request.TableName), index), action),
  });
  const each = (parts) => Promise.all(parts.map(([action, request]) => call(action, request)));

  if (ON_ALL.includes(operation)) return [{ action: PREFIX + operation, resource: '*', context: {} }];
  if (operation === 'BatchGetItem')
    return each(Object.entries(body.RequestItems ?? {}).map(([TableName, more]) => [operation, { TableName, ...more }]));
  if (operation === 'BatchWriteItem') {
    return each(
      Object.entries(body.RequestItems ?? {}).map(([TableName, writes]) => [operation, { TableName, Keys: keysOfWrites(writes) }]),
    );
  }
  if (operation === 'TransactWriteItems' || operation === 'TransactGetItems') {
    const parts = (body.TransactItems ?? []).flatMap((item) => Object.entries(item));
    return withEnclosing(await each(parts.map(([kind, request]) => [TRANSACTED[kind] ?? kind, request])), operation);
  }
  const statements = operation === 'ExecuteStatement' ? [body] : (body.Statements ?? body.TransactStatements);
  if (['ExecuteStatement', 'BatchExecuteStatement', 'ExecuteTransaction'].includes(operation)) {
    return each((statements ?? []).map((statement) => ofStatement(statement)));
  }
  if (body.StreamArn !== undefined || body.ShardIterator !== undefined) {
    const table = body.StreamArn === undefined ? Buffer.from(String(body.ShardIterator), 'base64').toString().split('|')[0] : undefined;
    return [{ action: PREFIX + operation, resource: body.StreamArn ?? `${arnOf(table)}/stream/1970-01-01T00:00:00.000`, context: {} }];
  }
  if (body.ResourceArn !== undefined) return [{ action: PREFIX + operation, resource: body.ResourceArn, context: {} }];
  return [await call(operation, body)];
};

function nameOf(table) {
  return String(table).replace(/^.*:table\//, '');
}

function keysOfWrites(writes) {
  return (Array.isArray(writes) ? writes : []).flatMap(({ PutRequest, DeleteRequest }) =>
    [PutRequest?.Item ?? DeleteRequest?.Key].filter(Boolean),
  );
}

/** What cannot be read is asked for by a name that no policy lets pass but one for all. */
function ofStatement({ Statement = '', Parameters }) {
  const [, insert, update, remove, select, quoted, plain, quotedIndex, plainIndex] = STATEMENT.exec(Statement) ?? [];
  const verb = (insert ?? update ?? remove ?? select ?? '').toUpperCase();
  const index = quotedIndex ?? plainIndex;
  return [
    PARTIQL[verb] ?? 'PartiQL',
    { TableName: quoted ?? plain ?? '*', Statement, Parameters, ...(index !== undefined && { IndexName: index }) },
  ];
}

function withEnclosing(calls, operation) {
  return calls.map((call) => ({ ...call, context: { ...call.context, 'dynamodb:EnclosingOperation': operation } }));
}

async function contextOf(request, keyOf, action) {
  const keys = [request.Key, request.Item, ...(request.Keys ?? [])].filter((key) => key !== undefined && key !== null);
  const partition = keys.length > 0 || mayNameKey(request) ? await keyOf(request.IndexName) : undefined;
  const leading = partition === undefined ? [] : leadingOf(request, keys, partition);
  const attributes = attributesOf(request, keys);
  const select = selectOf(request, action);
  return {
    ...(leading.length > 0 && { 'dynamodb:LeadingKeys': [...new Set(leading)] }),
    ...(attributes.length > 0 && { 'dynamodb:Attributes': [...new Set(attributes)] }),
    ...(select !== undefined && { 'dynamodb:Select': select }),
    ...(request.ReturnValues !== undefined && { 'dynamodb:ReturnValues': String(request.ReturnValues) }),
    ...(request.ReturnConsumedCapacity !== undefined && { 'dynamodb:ReturnConsumedCapacity': String(request.ReturnConsumedCapacity) }),
  };
}

function mayNameKey({ KeyConditionExpression, KeyConditions, Statement }) {
  return KeyConditionExpression !== undefined || KeyConditions !== undefined || Statement !== undefined;
}

function leadingOf(request, keys, partition) {
  if (request.Statement !== undefined) return ofTuple(request, partition);
  const values = keys.map((key) => key[partition]);
  if (request.KeyConditions !== undefined) values.push(request.KeyConditions[partition]?.AttributeValueList?.[0]);
  for (const [, name, value] of String(request.KeyConditionExpression ?? '').matchAll(/([#\w.-]+)\s*=\s*(:\w+)/g))
    if ((request.ExpressionAttributeNames?.[name] ?? name) === partition) values.push(request.ExpressionAttributeValues?.[value]);
  return values.flatMap(textOf);
}

/** Of an INSERT whose values are parameters, in the order of its attributes. */
function ofTuple({ Statement, Parameters = [] }, partition) {
  const names = [...Statement.matchAll(/'((?:[^']|'')+)'\s*:\s*\?/g)].map(([, name]) => name.replaceAll("''", "'"));
  return textOf(Parameters[names.indexOf(partition)]);
}

function textOf(value) {
  const text = value?.S ?? value?.N ?? value?.B;
  return typeof text === 'string' ? [text] : [];
}

/** Top-level names that a request reads or writes. */
function attributesOf(request, keys) {
  const named = [...keys.flatMap(Object.keys), ...(request.AttributesToGet ?? []), ...Object.keys(request.AttributeUpdates ?? {})];
  const expressions = [request.ProjectionExpression, request.UpdateExpression, request.ConditionExpression, request.FilterExpression];
  for (const expression of [...expressions, request.KeyConditionExpression])
    for (const [path] of String(expression ?? '').matchAll(NAME)) {
      const [first] = path.split('.');
      if (!first.startsWith(':') && !WORDS.test(first)) named.push(request.ExpressionAttributeNames?.[first] ?? first);
    }
  return named;
}

function selectOf({ Select, IndexName, ProjectionExpression, AttributesToGet }, action) {
  if (Select !== undefined) return String(Select);
  if (action !== 'Query' && action !== 'Scan') return undefined;
  if (ProjectionExpression !== undefined || AttributesToGet !== undefined) return 'SPECIFIC_ATTRIBUTES';
  return IndexName === undefined ? 'ALL_ATTRIBUTES' : 'ALL_PROJECTED_ATTRIBUTES';
}
