import { createRequire } from 'node:module';
import { Command } from 'commander';
import { checkCommand } from './commands/check';
import { ledgerCommand } from './commands/ledger';
import { localCommand } from './commands/local';
import { psCommand } from './commands/ps';
import { tokenCommand } from './commands/token';
import { EXIT, ending, errorDocument } from './exit';
import { printDocument } from './json-document';

// The SDK's notice about Node 20 would stand among our lines; which Node is needed is package.json's to say.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';

const EXAMPLES = `Examples:
  $ mcp-fleet local                       run the CDK app of this folder here, and prove the eight checks
  $ mcp-fleet local --once --json         the same for a script: one JSON document, exit code 0 if no check failed
  $ mcp-fleet check                       prove them again on the fleet that runs here
  $ mcp-fleet token treasury --ttl 1h     an access token of an agent
  $ mcp-fleet ps                          the processes that run now
  $ mcp-fleet ledger tail -n 50           the last calls and what became of them
  $ mcp-fleet ledger show 4f2c…           one call, by idempotency key or call id
  $ mcp-fleet ledger unknown              the calls that nobody can tell of, oldest first
`;

// From dist/bin/, where this is bundled to.
const { version } = createRequire(import.meta.url)('../../package.json') as { version: string };

const program = new Command('mcp-fleet')
  .version(version)
  .description('Runs, watches and proves a fleet of MCP servers')
  .addHelpText('before', EXAMPLES)
  .addHelpText('after', '\nExit codes: 0 ok · 1 our bug · 2 usage · 3 the answer is no · 4 environment · 130 interrupted')
  .showSuggestionAfterError()
  .exitOverride();
for (const stream of [process.stdout, process.stderr]) stream.on('error', whenReaderIsGone);
for (const command of [localCommand(), checkCommand(), tokenCommand(), psCommand(), ledgerCommand()]) program.addCommand(command);
inheritSettings(program);

try {
  await program.parseAsync();
} catch (error) {
  const { exitCode, text } = ending(error);
  const told = process.argv.includes('--json') ? errorDocument(error) : undefined;
  if (told !== undefined) printDocument({ error: told });
  if (text) process.stderr.write(`${text}\n`);
  process.exitCode = exitCode;
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
