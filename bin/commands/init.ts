import { resolve } from 'node:path';
import { Command } from 'commander';
import { seconds } from '../../core/paint';
import { CommandError, EXIT } from '../exit';
import { installPackages, layTemplate, planManifest, writeManifest } from '../template';
import { terminal } from '../terminal';

const EXAMPLES = `
Examples:
  $ mcp-fleet init                        in this folder
  $ mcp-fleet init tools --no-install     in a folder of its own, and npm install is yours
`;

/** A command that is silent for long looks like one that hangs: this often it says that it does not. */
const STILL_MS = 10_000;

interface InitOptions {
  readonly install: boolean;
  readonly json: boolean;
}

export function initCommand(): Command {
  return new Command('init')
    .description('Begin a repository: one fleet, one MCP server of your own, two agents, a test, and CI')
    .addHelpText('after', EXAMPLES)
    .argument('[folder]', 'where; it is made if it is missing, and no file in it is overwritten', '.')
    .option('--no-install', 'do not run npm install')
    .option('--json', 'one JSON document', false)
    .action(init);
}

async function init(folder: string, { install, json }: InitOptions): Promise<void> {
  const start = performance.now();
  const { result, narrate, paint } = terminal(json);
  const target = resolve(folder);
  const manifest = planManifest(target);
  const files = layTemplate(target);
  writeManifest(target, manifest);
  for (const file of [...files, 'package.json']) narrate(`  ${paint.green('+')} ${file}`);
  if (install) {
    narrate(`  npm install (aws-cdk-lib is large: half a minute the first time) …`);
    const telling = setInterval(() => narrate(`  … npm install, ${seconds(performance.now() - start)}`), STILL_MS);
    const said = await installPackages(target).finally(() => clearInterval(telling));
    if (said !== undefined)
      throw new CommandError(EXIT.ENVIRONMENT, `npm install did not end well:\n${said}`, `cd ${target} && npm install`);
  }
  if (json) return result(JSON.stringify({ folder: target, files, installed: install }));
  const go = folder === '.' ? '' : `cd ${folder} && `;
  narrate(`
  Ready after ${seconds(performance.now() - start)}. Now:

    ${go}${install ? '' : 'npm install && '}npm start            the fleet on this machine; it stays up
    npx mcp-fleet call writer@notes add_note '{"text":"hello"}'      in another terminal
`);
}
