import type { Endpoint } from './hostile';

const MIB = 1024 * 1024;

/** Something that is done to a replica, and how what came of it reads: statuses or outcomes, counted. */
export interface HostileInput {
  readonly name: string;
  readonly play: (endpoint: Endpoint) => Promise<string[]>;
}

const call = (name: string, args: string, key?: string) =>
  `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":${JSON.stringify(name)},"arguments":${args}${
    key === undefined ? '' : `,"_meta":{"cdk-mcp-fleet/idempotencyKey":"${key}"}`
  }}}`;

const body = (name: string, text: () => string, times = 1): HostileInput => ({
  name,
  play: ({ post }) => Promise.all(Array.from({ length: times }, () => post(text()))),
});

const answered = (name: string, tool: string, times = 1): HostileInput => ({
  name,
  play: ({ post }) => Promise.all(Array.from({ length: times }, (_, index) => post(call(tool, '{}'), `agent-${index % 3}`))),
});

/** A small thing beside which the others are seen. */
export const IDLE: HostileInput = { name: 'one small call after another', play: async ({ post }) => [await post(call('plain', '{}'))] };

export const INPUTS: readonly HostileInput[] = [
  body('a body of 4 MiB of [', () => '['.repeat(4 * MIB)),
  body('a batch in a batch, 63 KiB of them', () => `${'['.repeat(32_000)}${']'.repeat(32_000)}`),
  body('arguments 4,000 deep', () => call('plain', `{"a":${'['.repeat(4_000)}${']'.repeat(4_000)}}`)),
  body('arguments of 2,000,000 values, eight at a time', () => call('plain', `{"a":[${'0,'.repeat(2_000_000)}0]}`), 8),
  body('an object of 200,000 names', () => call('plain', `{${Array.from({ length: 200_000 }, (_, i) => `"a${i}":0`).join()}}`)),
  body('a tool name of 3.9 MB, eight at a time', () => call('x'.repeat(3_900_000), '{}'), 8),
  body('an idempotency key of 3.9 MB', () => call('plain', '{}', 'k'.repeat(3_900_000))),
  body('arguments of 3.9 MB, eight at a time', () => call('plain', JSON.stringify({ a: 'é'.repeat(1_950_000) })), 8),
  body('a number of a million digits', () => call('plain', `{"a":${'1'.repeat(1_000_000)}}`)),
  body(
    '500 kB of clientInfo, 66 times',
    () => `{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"clientInfo":"${'x'.repeat(500_000)}"}}`,
    66,
  ),
  answered('an answer of 60 MiB', 'large'),
  answered('eight answers of 60 MiB at a time', 'large', 8),
  answered('an event of 300 MiB', 'long_line'),
  answered('three events of 300 MiB at a time', 'long_line', 3),
  answered('an answer of 10,000,000 values', 'many_values', 2),
  answered('an answer nested 2,000,000 deep', 'deep'),
  answered('2 GB in 2 MB of gzip', 'bomb', 2),
  answered('100,000 responses to nobody before the answer', 'many_events', 2),
  {
    name: 'a kept answer of 60 MiB, asked for twelve times at a time',
    play: async ({ post, ask }) => {
      const first = await post(call('large', '{}', 'kept'));
      return [first, ...(await Promise.all(Array.from({ length: 12 }, () => ask('kept'))))];
    },
  },
];
