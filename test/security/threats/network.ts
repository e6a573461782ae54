import { connect, type Socket } from 'node:net';
import { each, product, type Threat } from '../threat';
import { call } from '../town/messages';
import { sendBytes } from '../town/send';
import type { Town } from '../town/town';
import { didNothing, refused, served, turnedAway } from '../verdicts';

const SERVER = 'gateway/http/server.ts';
const DOOR = 'core/door-limits.ts';

/** Request targets that name another server for who normalises them. `safe` is granted to `other`, who asks. */
const TARGETS: readonly string[] = [
  ...[
    '//safe/mcp',
    '/safe//mcp',
    '/./safe/mcp',
    '/vault/../safe/mcp',
    '/vault/..;/safe/mcp',
    '/vault/mcp/../../safe/mcp',
    '/safe/mcp/..',
    '/safe/mcp/.',
  ],
  ...[
    '/safe%2fmcp',
    '/safe%2Fmcp',
    '/%73afe/mcp',
    '/safe/%6dcp',
    '/vault%2f..%2fsafe%2fmcp',
    '/%2e%2e/safe/mcp',
    '/safe%252fmcp',
    '/safe/mcp%00',
    '/safe%00/mcp',
  ],
  ...[
    '/SAFE/mcp',
    '/safe/MCP',
    '/Safe/mcp',
    '/safe/mcp;x',
    '/safe;x/mcp',
    '/safe/mcp/x',
    '/safe\\mcp',
    '\\safe\\mcp',
    '/safe/mcp#x',
    '/x/safe/mcp',
    '/safe./mcp',
  ],
  ...[
    '/__proto__/mcp',
    '/constructor/mcp',
    '/toString/mcp',
    '/*/mcp',
    '/safe*/mcp',
    '/.well-known/mcp',
    '/safe,vault/mcp',
    '/safe/mcp\u00e9',
  ],
];
const METHODS_ASKED = ['PUT', 'PATCH', 'HEAD', 'OPTIONS', 'TRACE', 'CONNECT', 'PROPFIND', 'post', 'POST-X'];
/** Of them those with which a body comes through to the gateway. */
const WITH_BODY = ['PUT', 'PATCH', 'PROPFIND'];

/** The head of a call, to whom something is added. */
async function headOf(
  town: Town,
  mark: string,
  { length, target = '/vault/mcp', method = 'POST', tool = 'open' }: { length?: string; target?: string; method?: string; tool?: string },
) {
  const said = call('modern', tool, { mark });
  const lines = said.headers.map(([name, value]) => `${name}: ${value}`).join('\r\n');
  const framing = length ?? `content-length: ${Buffer.byteLength(said.body)}`;
  const head = `${method} ${target} HTTP/1.1\r\nhost: mcp.security.example\r\nauthorization: Bearer ${await town.token('other')}\r\n${lines}\r\n${framing}`;
  return { head, body: said.body };
}

const doorOf = (town: Town, at: 'edge' | 'gateway') => (at === 'edge' ? Promise.resolve(town.edge) : town.gateway());

/** Frames in which two parsers find the end of a message in two places. @param length of the body in bytes */
const FRAMES: Readonly<Record<string, (length: number) => string>> = {
  'length and chunks': (length) => `content-length: ${length}\r\ntransfer-encoding: chunked`,
  'chunks and length': (length) => `transfer-encoding: chunked\r\ncontent-length: ${length}`,
  'two lengths': (length) => `content-length: ${length}\r\ncontent-length: ${length + 1}`,
  'a list of lengths': (length) => `content-length: ${length}, ${length}`,
  'a length with a plus': (length) => `content-length: +${length}`,
  'a length below nothing': () => 'content-length: -1',
  'a hexadecimal length': (length) => `content-length: 0x${length.toString(16)}`,
  'a length of 20 digits': () => `content-length: ${'9'.repeat(20)}`,
  'a space before the colon': (length) => `content-length : ${length}`,
  'a coding nobody knows': () => 'transfer-encoding: xchunked',
  'a coding behind chunks': () => 'transfer-encoding: chunked, identity',
  'two codings': () => 'transfer-encoding: chunked\r\ntransfer-encoding: identity',
  'a tab before chunks': () => 'transfer-encoding: \x0bchunked',
  'a folded line': (length) => `content-length: ${length}\r\nx-a: 1\r\n transfer-encoding: chunked`,
  'a bare line feed': (length) => `content-length: ${length}\r\nx-a: 1\ntransfer-encoding: chunked`,
  'a bare carriage return': (length) => `content-length: ${length}\r\nx-a: 1\rtransfer-encoding: chunked`,
  'a NUL in a value': (length) => `content-length: ${length}\r\nmcp-fleet-task: a\0b`,
  'a name with a space': (length) => `content-length: ${length}\r\nmcp fleet: a`,
  'a line without a name': (length) => `content-length: ${length}\r\n: a`,
};

/** Chunks that two parsers read in two ways. */
const CHUNKS: Readonly<Record<string, (body: string) => string>> = {
  'a size below nothing': (body) => `-1\r\n${body}\r\n0\r\n\r\n`,
  'a size with 0x': (body) => `0x${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`,
  'a size of 17 digits': (body) => `${'0'.repeat(16)}${'f'.repeat(17)}\r\n${body}\r\n0\r\n\r\n`,
  'a size with a space': (body) => ` ${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`,
  'a size that is too small': (body) => `${(body.length - 3).toString(16)}\r\n${body}\r\n0\r\n\r\n`,
  'ends without a carriage return': (body) => `${body.length.toString(16)}\n${body}\n0\n\n`,
};

export const NETWORK_THREATS: readonly Threat[] = [
  {
    id: 'path-confused',
    boundary: 'agent',
    threat: 'A path that edge, authorizer and gateway read as different servers: `//`, `%2f`, `..;`, another case.',
    asset: 'that a decision is about the server that is asked',
    answer: 'A server’s name is one segment of the path as it was written: nothing is decoded, normalised or folded',
    mutation: {
      program: 'gateway',
      file: SERVER,
      find: 'const path = pathOf(request, parts.config);\n    if',
      put: "const path = new URL(decodeURIComponent(request.url ?? '/').replace(/\\\\|\\/+/g, '/').replace(/;[^/]*/g, '').toLowerCase(), 'http://x').pathname;\n    if",
    },
    attacks: each(
      product(['edge', 'gateway'] as const, TARGETS),
      ([at, target]) => `${at}: ${JSON.stringify(target)}`,
      async ([at, target], town) => {
        const mark = town.mark();
        const { head, body } = await headOf(town, mark, { target });
        const answer = await sendBytes(await doorOf(town, at), `${head}\r\n\r\n${body}`);
        turnedAway(town, answer, mark);
      },
    ),
  },
  {
    id: 'method-confused',
    boundary: 'agent',
    threat: 'Another HTTP method, or one that is overridden, for a call.',
    asset: 'what a firewall lets through by method',
    answer: 'POST, GET and DELETE have their meaning; a body in another is not read',
    mutation: { program: 'gateway', file: 'gateway/identify.ts', find: "if (method !== 'POST')\n", put: "if (method === 'GETS')\n" },
    attacks: each(
      product(['edge', 'gateway'] as const, METHODS_ASKED),
      ([at, method]) => `${at}: ${method}`,
      async ([at, method], town) => {
        const mark = town.mark();
        const { head, body } = await headOf(town, mark, { method });
        const answer = await sendBytes(await doorOf(town, at), `${head}\r\n\r\n${body}`);
        if (at === 'gateway' && WITH_BODY.includes(method)) refused(town, answer, 'METHOD_NOT_ALLOWED', mark);
        else turnedAway(town, answer, mark);
      },
    ),
  },
  {
    id: 'frame-confused',
    boundary: 'agent',
    threat: 'A request whose end two parsers find in two places, so that a second one is smuggled behind it.',
    asset: 'requests of others on one connection',
    answer: 'The strict parser, whatever flags Node is given',
    mutation: { program: 'gateway', file: DOOR, find: 'insecureHTTPParser: false', put: 'insecureHTTPParser: true' },
    attacks: [
      ...each(
        product(['edge', 'gateway'] as const, Object.keys(FRAMES)),
        ([at, what]) => `${at}: ${what}`,
        async ([at, what], town) => {
          const mark = town.mark();
          const { body } = await headOf(town, mark, {});
          const { head } = await headOf(town, mark, { length: FRAMES[what]?.(Buffer.byteLength(body)) ?? '' });
          turnedAway(town, await sendBytes(await doorOf(town, at), `${head}\r\n\r\n${body}`), mark);
        },
      ),
      ...each(
        product(['edge', 'gateway'] as const, Object.keys(CHUNKS)),
        ([at, what]) => `${at}: chunks with ${what}`,
        async ([at, what], town) => {
          const mark = town.mark();
          const { head, body } = await headOf(town, mark, { length: 'transfer-encoding: chunked' });
          turnedAway(town, await sendBytes(await doorOf(town, at), `${head}\r\n\r\n${CHUNKS[what]?.(body)}`), mark);
        },
      ),
    ],
  },
  {
    id: 'head-flood',
    boundary: 'agent',
    threat: 'Headers without end: very long, or very many.',
    asset: 'memory of the gateway',
    answer: 'A head has at most 16 KiB',
    mutation: { program: 'gateway', file: DOOR, find: 'maxHeaderSize: 16 * 1024', put: 'maxHeaderSize: 16 * 1024 * 1024' },
    attacks: each(
      product(
        ['edge', 'gateway'] as const,
        [
          ['one of 17 KiB', `x-a: ${'a'.repeat(17 * 1024)}`],
          ['one of 1 MiB', `x-a: ${'a'.repeat(1024 * 1024)}`],
          ['a name of 17 KiB', `${'a'.repeat(17 * 1024)}: 1`],
          ['3,000 of them', Array.from({ length: 3_000 }, (_, at) => `x-${at}: 1`).join('\r\n')],
          ['a target of 17 KiB', ''],
        ] as const,
      ),
      ([at, [what]]) => `${at}: ${what}`,
      async ([at, [what, line]], town) => {
        const mark = town.mark();
        const target = what.startsWith('a target') ? { target: `/vault/mcp?${'x'.repeat(17 * 1024)}` } : {};
        const { head, body } = await headOf(town, mark, target);
        const more = line === '' ? '' : `\r\n${line}`;
        turnedAway(town, await sendBytes(await doorOf(town, at), `${head}${more}\r\n\r\n${body}`), mark);
      },
    ),
  },
  {
    id: 'slow-callers',
    boundary: 'agent',
    threat: 'Many connections that say next to nothing (slow loris): half a head, half a body.',
    asset: 'that others are served meanwhile',
    answer: 'A head must be whole within a minute and a request within five; half a request takes no place of a call',
    mutation: {
      program: 'gateway',
      file: SERVER,
      find: '    const exchange = Exchange.of(',
      put: "    const waiting = ((globalThis as { waiting?: Set<unknown> }).waiting ??= new Set());\n    waiting.add(request);\n    request.once('close', () => waiting.delete(request));\n    if (waiting.size > 100) {\n      response.writeHead(503).end();\n      return;\n    }\n    const exchange = Exchange.of(",
    },
    attacks: each(
      ['half a head', 'half a body', 'nothing'] as const,
      (what) => `gateway: 300 connections with ${what}`,
      async (what, town): Promise<void> => {
        const mark = town.mark();
        const { head } = await headOf(town, town.mark(), {});
        const { hostname, port } = new URL(await town.gateway());
        const begun = { 'half a head': head, 'half a body': `${head}\r\n\r\n{"jsonrpc"`, nothing: '' }[what];
        const sockets = await Promise.all(
          Array.from({ length: 300 }, async (): Promise<Socket> => {
            const socket = connect(Number(port), hostname).on('error', () => undefined);
            await new Promise<void>((resolve) => socket.once('connect', () => resolve()).once('close', () => resolve()));
            socket.write(begun);
            return socket;
          }),
        );
        try {
          served(town, await town.ask(call('modern', 'open', { mark }), { era: 'modern', at: 'gateway' }), mark);
        } finally {
          for (const socket of sockets) socket.destroy();
        }
      },
    ),
  },
  {
    id: 'half-a-call',
    boundary: 'network',
    threat: 'A message that breaks off is taken for a whole one.',
    asset: 'that what is executed is what was sent',
    answer: 'A message counts when its last byte has come',
    mutation: {
      program: 'gateway',
      file: 'gateway/http/exchange.ts',
      find: 'if (request.complete && request.readableLength <= limit) {',
      put: 'if (request.readableLength > 0) {',
    },
    attacks: each(
      ['edge', 'gateway'] as const,
      (at) => `${at}: all but the end`,
      async (at, town) => {
        const mark = town.mark();
        const { body } = await headOf(town, mark, { tool: 'store' });
        const { head } = await headOf(town, mark, { tool: 'store', length: `content-length: ${Buffer.byteLength(body) + 10}` });
        const { hostname, port } = new URL(await doorOf(town, at));
        const socket = connect(Number(port), hostname).on('error', () => undefined);
        socket.write(`${head}\r\n\r\n${body}`);
        const honest = async (): Promise<void> => {
          // Another call is through: whatever was to be executed before it, has been.
          const other = town.mark();
          served(town, await town.ask(call('modern', 'store', { mark: other }), { era: 'modern', at }), other);
          await town.serves();
        };
        await honest();
        didNothing(town, mark);
        socket.destroy();
        await honest();
        didNothing(town, mark);
      },
    ),
  },
];
