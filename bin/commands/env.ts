import { Command } from 'commander';
import { attachHere } from '../attach';
import { DEPLOY_VARIABLES, deployEnvironment, exportLine, winningIn } from '../deploy-environment';
import { CommandError, EXIT } from '../exit';
import { runWith } from '../run-with';
import { terminal } from '../terminal';

interface EnvOptions {
  readonly json: boolean;
  readonly unset: boolean;
  readonly role?: string;
}

/** What the credentials of a role have beside those of a user. */
const OF_A_ROLE = 'AWS_SESSION_TOKEN';

const EXAMPLES = `
Examples:
  $ mcp-fleet env -- npx cdk bootstrap      one command in the account's environment; its exit code is passed on
  $ mcp-fleet env -- npx cdk deploy --all
  $ eval "$(mcp-fleet env)"                 the same for everything that this shell runs
  $ eval "$(mcp-fleet env --unset)"         and back
  $ mcp-fleet env --role Operator -- npx mcp-fleet sessions --stack Acme     what somebody with that role may do, and what not
`;

export function envCommand(): Command {
  return new Command('env')
    .description('Print what makes the CDK command line deploy to the local account, or run a command with it')
    .argument('[command...]', 'command that runs in that environment; put -- before it')
    .addHelpText('after', EXAMPLES)
    .option('--json', 'one JSON document', false)
    .option('--role <name>', 'in the name of a role that a stack makes: all is judged as AWS would')
    .option('--unset', 'lines that remove the variables again', false)
    .action(env);
}

async function env([program, ...args]: readonly string[], { json, unset, role }: EnvOptions): Promise<void> {
  if ((program !== undefined || unset) && json) throw new CommandError(EXIT.USAGE, '--json goes with neither --unset nor a command.');
  if (program !== undefined && unset) throw new CommandError(EXIT.USAGE, '--unset goes with no command.');
  const { result } = terminal(json);
  // Also when the account has ended.
  if (unset) return result(`unset ${[...DEPLOY_VARIABLES, OF_A_ROLE].join(' ')}`);
  const account = await attachHere();
  const environment = role === undefined ? account.awsEnvironment() : account.roleEnvironment(role);
  const ours = deployEnvironment(await environment, process.env);
  const winning = winningIn(process.env, ours);
  if (program !== undefined) {
    const kept = Object.entries(process.env).filter(([name]) => !winning.includes(name));
    if (winning.length > 0) warn(`without ${winning.join(', ')}, which would win over the local account`);
    process.exitCode = await runWith([program, ...args], { ...Object.fromEntries(kept), ...ours });
    return;
  }
  if (winning.length > 0) warn(`set here, and it would win over the local account: unset ${winning.join(' ')}`);
  if (json) result(JSON.stringify({ environment: ours, winning }));
  else for (const [name, value] of Object.entries(ours)) result(exportLine(name, value));
}

/** On stderr: a shell reads stdout. */
function warn(text: string): void {
  process.stderr.write(`mcp-fleet env: ${text}\n`);
}
