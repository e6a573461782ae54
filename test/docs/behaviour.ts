/** What a command does that does not just run to its end. */
export interface Behaviour {
  readonly command: RegExp;
  /** It stays up, and has shown this when it is ready. */
  readonly shows?: RegExp;
  /** It is the company's account, which stays until its other commands have run. */
  readonly serves?: true;
  /** What is typed into it. */
  readonly typed?: string;
}

const INITIALIZE = JSON.stringify({
  jsonrpc: '2.0',
  id: 1,
  method: 'initialize',
  params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'docs', version: '1.0.0' } },
});

const BEHAVIOURS: readonly Behaviour[] = [
  { command: /^npm start/, shows: /Ctrl-C drains and stops/, serves: true },
  { command: /mcp-fleet local(?!.*--once)/, shows: /serving at http/ },
  { command: /mcp-fleet connect/, shows: /"serverInfo"/, typed: `${INITIALIZE}\n` },
  // Lines of logs and ledgers begin with a time; a complaint does not.
  { command: /--follow/, shows: /^\S*\d\d:\d\d:\d\d/m },
  { command: /secret set [^<]+$/, typed: 'sk_test_4711\n' },
];

export function behaviourOf(command: string): Partial<Behaviour> {
  return BEHAVIOURS.find((behaviour) => behaviour.command.test(command)) ?? {};
}
