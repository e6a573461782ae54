// The door by which programs come to the tables: what each asks for is judged before it is answered. The judge is the account's own process;
// what it said of a kind of request is kept here until it says to forget.
const http = require('node:http');
const { askedBy } = require('./asked.cjs');

const KEY = /Credential=([^/,\s]+)\//;
/** Most that is kept; what comes then is asked for anew. */
const MOST_KEPT = 5_000;
/** As dynalite takes it. */
const LARGEST = 16 * 1024 * 1024;
const TELL_MS = 250;

/** Opens it in front of a handler of requests. */
exports.Door = class {
  /**
   * @param tell sends a message to the judge
   * @param keyOf resolves with the partition key of a table or of an index
   * @param place `region:account`
   */
  constructor(handler, { tell, keyOf, place }) {
    Object.assign(this, { handler, tell, keyOf, place });
    this.kept = new Map();
    this.used = new Map();
    this.asked = new Map();
    this.last = 0;
    this.generation = 0;
    setInterval(() => this.tellUsed(), TELL_MS).unref();
    this.server = http.createServer((request, response) => void this.enter(request, response));
    this.server.keepAliveTimeout = 60_000;
  }

  /** What the judge says: a verdict, or that those of before are to be forgotten, or that it wants to know what was used. */
  take({ verdict, forget, flush, ...said }) {
    if (verdict !== undefined) {
      this.asked.get(verdict)?.(said);
      this.asked.delete(verdict);
    }
    if (forget !== undefined) {
      this.generation++;
      this.kept.clear();
    }
    if (forget !== undefined || flush !== undefined) {
      this.tellUsed();
      this.tell({ done: forget ?? flush });
    }
  }

  async enter(request, response) {
    try {
      const body = await bodyOf(request);
      if (body === undefined) return response.writeHead(413, { connection: 'close' }).end();
      if (request.method === 'POST' && (await this.isRefused(request, body, response))) return;
      this.handler(replayed(request, body), response);
    } catch (error) {
      if (response.destroyed || response.headersSent) return response.destroy();
      send(response, 500, { __type: 'com.amazonaws.dynamodb.v20120810#InternalServerError', message: String(error) });
    }
  }

  /** Nothing comes through whose signer or content cannot be told. */
  async isRefused({ headers }, body, response) {
    const [, key] = KEY.exec(headers.authorization ?? '') ?? [];
    const parsed = parse(body);
    const type = key === undefined ? 'MissingAuthenticationTokenException' : parsed === undefined ? 'SerializationException' : undefined;
    if (type !== undefined) {
      send(response, 400, { __type: `com.amazon.coral.service#${type}`, message: 'The request is not signed, or is no JSON object.' });
      return true;
    }
    const operation = String(headers['x-amz-target'] ?? '').replace(/^.*\./, '');
    const refused = await this.judge(key, await askedBy(operation, parsed, this.keyOf, this.place));
    if (refused.length > 0) refuse(response, refused, operation);
    return refused.length > 0;
  }

  /** @returns what was said of those that are refused */
  async judge(key, calls) {
    const verdicts = await Promise.all(calls.map((call) => this.verdictOn(key, call)));
    const refused = verdicts.filter(({ allowed }) => !allowed);
    // Where one is refused, nothing is done.
    for (const { id } of refused.length > 0 ? refused : verdicts) if (id !== undefined) this.used.set(id, (this.used.get(id) ?? 0) + 1);
    return refused.map((verdict) => ({ ...verdict, of: calls.length }));
  }

  verdictOn(key, call) {
    const kind = `${key} ${call.action} ${call.resource}`;
    const looked = this.kept.get(kind);
    const found = looked && this.kept.get(`${kind} ${valuesOf(call, looked)}`);
    return found ?? this.ask(key, call, kind);
  }

  async ask(key, call, kind) {
    const number = ++this.last;
    const { generation } = this;
    const said = await new Promise((done) => {
      this.asked.set(number, done);
      this.tell({ judge: number, key, ...call });
    });
    const { keys } = said;
    if (keys === undefined || generation !== this.generation) return said;
    if (this.kept.size >= MOST_KEPT) this.kept.clear();
    // Another request of this kind may have looked at more: its values are looked at as well.
    const looked = [...new Set([...(this.kept.get(kind) ?? []), ...keys])];
    this.kept.set(kind, looked);
    this.kept.set(`${kind} ${valuesOf(call, looked)}`, said);
    return said;
  }

  tellUsed() {
    if (this.used.size === 0) return;
    this.tell({ used: [...this.used] });
    this.used.clear();
  }
};

function valuesOf({ context }, keys) {
  return JSON.stringify(keys.map((name) => context[name] ?? null));
}

async function bodyOf(request) {
  const chunks = [];
  let length = 0;
  for await (const chunk of request) {
    length += chunk.length;
    if (length > LARGEST) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function parse(body) {
  try {
    const value = JSON.parse(body.toString() || '{}');
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** A request that was read, for who reads it again: by events, or as an iterable. */
function replayed({ method, url, headers }, body) {
  const listeners = new Map();
  const request = {
    ...{ method, url, headers, complete: true },
    on(name, listener) {
      listeners.set(name, listener);
      if (name === 'end')
        process.nextTick(() => {
          if (body.length > 0) listeners.get('data')?.(body);
          listeners.get('end')?.();
        });
      return request;
    },
    removeAllListeners() {
      listeners.clear();
      return request;
    },
    async *[Symbol.asyncIterator]() {
      yield body;
    },
  };
  return request;
}

/** Each statement of a batch has a fate of its own; where some are refused and others are not, nothing is done. */
function refuse(response, refused, operation) {
  const [{ text, isStranger, of }] = refused;
  if (isStranger) return send(response, 400, { __type: 'com.amazon.coral.service#UnrecognizedClientException', message: text });
  if (operation === 'BatchExecuteStatement' && refused.length === of)
    return send(response, 200, { Responses: refused.map((each) => ({ Error: { Code: 'AccessDenied', Message: each.text } })) });
  send(response, 400, { __type: 'com.amazon.coral.service#AccessDeniedException', Message: text });
}

function send(response, status, body) {
  response.writeHead(status, { 'content-type': 'application/x-amz-json-1.0', 'x-amzn-requestid': 'door' }).end(JSON.stringify(body));
}
