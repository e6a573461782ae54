import type { Command } from 'commander';
import { callCommand } from './commands/call';
import { checkCommand } from './commands/check';
import { clientCommand } from './commands/client';
import { connectCommand } from './commands/connect';
import { costCommand } from './commands/cost';
import { diffCommand } from './commands/diff';
import { envCommand } from './commands/env';
import { explainCommand } from './commands/explain';
import { faultCommand } from './commands/fault';
import { freezeCommand, unfreezeCommand } from './commands/freeze';
import { iamCommand } from './commands/iam';
import { initCommand } from './commands/init';
import { ledgerCommand } from './commands/ledger';
import { localCommand } from './commands/local';
import { logsCommand } from './commands/logs';
import { planCommand } from './commands/plan';
import { psCommand } from './commands/ps';
import { reachCommand } from './commands/reach';
import { revokeCommand } from './commands/revoke';
import { secretCommand } from './commands/secret';
import { sessionsCommand } from './commands/sessions';
import { stacksCommand } from './commands/stacks';
import { tasksCommand } from './commands/tasks';
import { tokenCommand } from './commands/token';
import { toolsCommand } from './commands/tools';
import { EXIT, ending, errorDocument } from './exit';
import { printDocument } from './json-document';
import { program } from './program';
import { printable } from './terminal';

// The SDK's notice about Node 20 would stand among our lines; which Node is needed is package.json's to say.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';

const EXAMPLES = `
Examples:
  $ mcp-fleet local                       run the CDK app of this folder here, and prove the eight checks
  $ mcp-fleet local --once --json         the same for a script: one JSON document, exit code 0 if no check failed
  $ mcp-fleet check                       prove them again on the fleet that runs here
  $ mcp-fleet diff                        what the app would change of it: who may call what, with which secrets
  $ mcp-fleet plan --agents 300           what the app takes of a load, and what that costs
  $ mcp-fleet cost                        what the app costs in AWS: idle, for calls, sessions and agents
  $ mcp-fleet reach gateway servers       whether the app's network lets one connect to another
  $ mcp-fleet init                        begin a repository with a fleet in it
  $ mcp-fleet call writer@notes add_note '{"text":"hello"}'
                                          what an agent gets
  $ mcp-fleet token treasury --ttl 1h     an access token of an agent
  $ mcp-fleet ps                          the processes that run now
  $ mcp-fleet env -- npx cdk deploy       the CDK command line against the account that runs here
  $ mcp-fleet ledger tail -n 50           the last calls and what became of them
  $ mcp-fleet ledger show 4f2c…           one call, by idempotency key or call id
  $ mcp-fleet ledger unknown              the calls that nobody can tell of, oldest first
`;

program
  .description('Runs, watches and proves a fleet of MCP servers')
  .addHelpText('after', EXAMPLES)
  .addHelpText('after', '\nExit codes: 0 ok · 1 our bug · 2 usage · 3 the answer is no · 4 environment · 130 interrupted')
  .showSuggestionAfterError()
  .exitOverride();
for (const stream of [process.stdout, process.stderr]) stream.on('error', whenReaderIsGone);
const commands = [
  initCommand(),
  localCommand(),
  checkCommand(),
  diffCommand(),
  planCommand(),
  costCommand(),
  toolsCommand(),
  callCommand(),
  connectCommand(),
  tokenCommand(),
  clientCommand(),
  psCommand(),
  logsCommand(),
  sessionsCommand(),
  tasksCommand(),
  explainCommand(),
  reachCommand(),
  revokeCommand(),
  ledgerCommand(),
  freezeCommand(),
  unfreezeCommand(),
  faultCommand(),
  secretCommand(),
  envCommand(),
  iamCommand(),
  stacksCommand(),
];
for (const command of commands) program.addCommand(command);
inheritSettings(program);

try {
  await program.parseAsync();
} catch (error) {
  const { exitCode, text } = ending(error);
  const told = process.argv.includes('--json') ? errorDocument(error) : undefined;
  if (told !== undefined) printDocument({ error: told });
  process.exitCode = exitCode;
  // After a bug something may still be under way; what it has started ends with this process.
  process.stderr.write(text && `${printable(text)}\n`, () => exitCode === EXIT.BUG && process.exit());
}

/** `mcp-fleet ledger tail | head`: the end of the reader is a wish to end, and a running account still ends in order. */
function whenReaderIsGone(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error;
  if (process.listenerCount('SIGTERM') > 0) process.kill(process.pid, 'SIGTERM');
  else process.exit(EXIT.OK);
}

/** Commands that are built apart do not take over what their parent says about errors. */
function inheritSettings(parent: Command): void {
  for (const command of parent.commands) {
    command.copyInheritedSettings(parent);
    inheritSettings(command);
  }
}
