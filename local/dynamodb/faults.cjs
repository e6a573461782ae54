// Requests to tables fail as the account says (local/faults): rules are plain data, and those that were told last hold alone.
const { Readable } = require('node:stream');

/** Operations on items: those on tables are another plane of DynamoDB, and go on. */
const ON_ITEMS = /^DynamoDB_20120810\.(?:(?:Get|Put|Update|Delete)Item|Query|Scan|Batch\w+|Transact\w+|Execute\w+)$/;
/** Bytes of a body from which on dynalite, which copies what it has with every piece that comes, is given it in one. */
const LARGE = 256 * 1024;
/** So an AWS SDK says that it runs in a function (AWS_EXECUTION_ENV). */
const IN_FUNCTION = /\bAWS_Lambda_/;
const INTO = /\b(?:INTO|FROM|UPDATE)\s+(?:"([^"]+)"|([\w.-]+))/i;

/** In turn, for on-demand tables say the one, hot partitions the other (DynamoDB Developer Guide, "Error handling"). */
const THROTTLED = [
  [
    'ThrottlingException',
    'Throughput exceeds the current capacity of your table or index. DynamoDB is automatically scaling your table or index so please try again shortly.',
  ],
  [
    'ProvisionedThroughputExceededException',
    'The level of configured provisioned throughput for the table was exceeded. Consider increasing your provisioning level with the UpdateTable API.',
  ],
];
/** The same of one statement of a batch (BatchStatementError). */
const STATEMENT_THROTTLED = ['ThrottlingError', 'ProvisionedThroughputExceeded'];

exports.TableFaults = class {
  rules = [];
  turns = new Map();
  held = new Map();
  throttled = 0;

  /** @param met told of the id of a rule, for each request that has met it */
  constructor(met) {
    this.met = met;
  }

  set(rules) {
    this.rules = rules;
    const known = new Set(rules.map(({ id }) => id));
    for (const [response, id] of this.held) if (!known.has(id)) response.destroy();
    for (const id of this.turns.keys()) if (!known.has(id)) this.turns.delete(id);
  }

  /** Puts itself before everything that a server answers. */
  guard(server) {
    const [answer] = server.listeners('request');
    server.removeAllListeners('request').on('request', (request, response) => {
      const isSubject = this.rules.length > 0 && ON_ITEMS.test(request.headers['x-amz-target'] ?? '');
      if (!isSubject && !(Number(request.headers['content-length']) > LARGE)) return answer(request, response);
      void this.pass(request, response, answer).catch(() => response.destroy());
    });
    return server;
  }

  async pass(request, response, answer) {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    if (this.rules.length === 0) return replay(request, body, response, answer);
    const caller = IN_FUNCTION.test(request.headers['user-agent'] ?? '') ? 'functions' : 'gateway';
    const named = tablesOf(body);
    const rule = this.rules.find((one) => named.includes(one.of.table) && [undefined, caller].includes(one.from) && this.isItsTurn(one));
    if (rule !== undefined) {
      this.met(rule.id);
      if (rule.effect === 'reset') return void response.destroy();
      if (rule.effect === 'throttle') return this.throttle(request, response, body);
      this.held.set(response, rule.id);
      response.once('close', () => this.held.delete(response));
      if (rule.effect === 'hang') return;
      mute(response);
    }
    replay(request, body, response, answer);
  }

  /** Exactly its share of the requests, evenly. */
  isItsTurn({ id, share }) {
    const turn = this.turns.get(id) ?? 0;
    this.turns.set(id, turn + 1);
    return Math.floor((turn + 1) * share) > Math.floor(turn * share);
  }

  throttle(request, response, body) {
    const turn = this.throttled++ % 2;
    const [type, message] = THROTTLED[turn];
    const batch = /\.BatchExecuteStatement$/.test(request.headers['x-amz-target']) ? JSON.parse(body.toString()).Statements : undefined;
    const answer = batch
      ? { Responses: batch.map(() => ({ Error: { Code: STATEMENT_THROTTLED[turn], Message: message } })) }
      : { __type: `com.amazonaws.dynamodb.v20120810#${type}`, message };
    response.writeHead(batch ? 200 : 400, { 'content-type': 'application/x-amz-json-1.0', 'x-amzn-requestid': 'fault' });
    response.end(JSON.stringify(answer));
  }
};

/** As if it came in one piece. */
function replay({ method, url, headers, rawHeaders, socket }, body, response, answer) {
  const whole = Readable.from([body], { objectMode: false });
  answer(Object.assign(whole, { method, url, headers, rawHeaders, socket, complete: true }), response);
}

/** What is done is not told. */
function mute(response) {
  Object.assign(response, { writeHead: () => response, setHeader: () => response, write: () => true, end: () => response });
}

/** Names of the tables in a request; none where it is no JSON, which the tables themselves refuse. */
function tablesOf(body) {
  try {
    const {
      TableName,
      RequestItems = {},
      Statement,
      Statements = [],
      TransactItems = [],
      TransactStatements = [],
    } = JSON.parse(body.toString());
    const statements = [{ Statement }, ...Statements, ...TransactStatements].map((one) => INTO.exec(one.Statement ?? '') ?? []);
    const transacted = TransactItems.flatMap((item) => Object.values(item).map((part) => part?.TableName));
    return [TableName, ...Object.keys(RequestItems), ...transacted, ...statements.map(([, quoted, plain]) => quoted ?? plain)];
  } catch {
    return [];
  }
}
