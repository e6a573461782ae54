import { Command, InvalidArgumentError } from 'commander';
import { readGivenSecrets, setGivenSecret } from '../../local/secrets/given-secrets';
import { attachHere } from '../attach';
import { CommandError, EXIT } from '../exit';
import { readHidden } from '../hidden-input';
import { terminal } from '../terminal';

const EXAMPLES = `
Examples:
  $ mcp-fleet secret set prod/stripe < key.txt   the value of a secret that the app imports
  $ mcp-fleet secret set Shop/ApiKey             the same by a prompt, for one that a stack would generate
  $ mcp-fleet secret list
  $ mcp-fleet secret rotate Acme/McpSealKey087D1693   of the account that runs, as its schedule would
`;

export function secretCommand(): Command {
  const secret = new Command('secret')
    .description('Give the local account values of secrets; they stay in .mcp-fleet/, which git ignores')
    .addHelpText('after', EXAMPLES);
  secret
    .command('set')
    .description('Keep a value for the next start of the account; read from stdin, or asked for without an echo')
    .argument('<name>', 'name of the secret, or STACK/LOGICAL_ID of one that a stack makes', secretName)
    .action(set);
  secret
    .command('list')
    .description('The names of the secrets that have a value')
    .option('--json', 'one JSON document', false)
    .action(list);
  secret
    .command('rotate')
    .description('Rotate a secret of the account that runs, by the function that its stack declares for that')
    .argument('<name>', 'name of the secret, or STACK/LOGICAL_ID of one that a stack makes', secretName)
    .option('--json', 'one JSON document', false)
    .action(rotate);
  secret
    .command('remove')
    .description('Forget a value')
    .argument('<name>', 'name of the secret', secretName)
    .action((name: string) => {
      if (!Object.hasOwn(readGivenSecrets(process.cwd()), name))
        throw new CommandError(EXIT.NO, `No value is kept for "${name}".`, 'mcp-fleet secret list');
      terminal(false).narrate(`removed ${name} from ${setGivenSecret(process.cwd(), name, undefined)}`);
    });
  return secret;
}

async function set(name: string): Promise<void> {
  const value = await readHidden(`value of ${name}: `);
  if (value === '') throw new CommandError(EXIT.USAGE, `The value of "${name}" is empty.`, 'pipe it in: mcp-fleet secret set NAME < file');
  terminal(false).narrate(`kept ${name} in ${setGivenSecret(process.cwd(), name, value)}, for the next start of the account`);
}

async function rotate(id: string, { json }: { json: boolean }): Promise<void> {
  const { name, versionId } = await (await attachHere()).rotateSecret(id);
  const { result, narrate } = terminal(json);
  if (json) result(JSON.stringify({ secret: name, version: versionId }));
  else narrate(`rotated ${name}: its present version is ${versionId}`);
}

function list({ json }: { json: boolean }): void {
  const names = Object.keys(readGivenSecrets(process.cwd())).sort();
  const { result } = terminal(json);
  if (json) result(JSON.stringify({ secrets: names }));
  else names.forEach(result);
}

function secretName(text: string): string {
  // What Secrets Manager allows in a name; an ARN, which has colons, is named by its last part.
  if (/^[A-Za-z0-9/_+=.@-]{1,512}$/.test(text)) return text;
  throw new InvalidArgumentError('a name has 1 to 512 of A-Z a-z 0-9 / _ + = . @ - ; of an ARN, write what stands after ":secret:".');
}
