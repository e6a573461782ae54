import { Command } from 'commander';
import type { Permissions } from '../../local/iam/permissions';
import { attachHere } from '../attach';
import { table, terminal } from '../terminal';

interface IamOptions {
  readonly json: boolean;
  readonly unused: boolean;
  readonly refused: boolean;
  readonly role?: string;
}

const EXAMPLES = `
Examples:
  $ mcp-fleet iam                      what each role may do, and how often it was needed since the account was started
  $ mcp-fleet iam --unused             what nobody has needed: exercise it, or take it from the template
  $ mcp-fleet iam --refused            what was refused, with a statement that would allow it
  $ mcp-fleet iam --role Operator      one role, by how its logical id or name begins
`;

export function iamCommand(): Command {
  return new Command('iam')
    .description('List what the roles of the local account may do, what of it was used, and what was refused')
    .addHelpText('after', EXAMPLES)
    .option('--unused', 'only what nobody has used', false)
    .option('--refused', 'what was refused', false)
    .option('--role <name>', 'one role')
    .option('--json', 'one JSON document', false)
    .action(iam);
}

async function iam({ json, unused, refused, role = '' }: IamOptions): Promise<void> {
  const { result } = terminal(json);
  const said = await (await attachHere()).permissions();
  const rows = said.permissions.filter((row) => isOf(row, role) && (!unused || row.used === 0));
  const refusals = said.refused.filter(({ who }) => who.includes(role));
  if (json) return result(JSON.stringify({ permissions: rows, refused: refusals }));
  if (refused) return refusals.flatMap(refusalLines).forEach(result);
  const cells = rows.map((row) => [
    row.role,
    row.action,
    shortly(row.resources),
    row.used === 0 ? 'never' : `${row.used} times`,
    placeOf(row),
  ]);
  table(['ROLE', 'ACTION', 'RESOURCE', 'USED', 'STATEMENT'], cells).forEach(result);
}

type Row = Permissions['permissions'][number];

function isOf({ role, policy }: Row, asked: string): boolean {
  return role.includes(asked) || policy.includes(asked);
}

function placeOf({ policy, statement }: Row): string {
  return `${policy}#${statement}`;
}

/** The last part of an ARN is what people know. */
function shortly(resources: readonly string[]): string {
  const [first = '', ...others] = resources.map((arn) => arn.replace(/^arn:[^:]*:([^:]*):[^:]*:[^:]*:/, '$1 '));
  return others.length === 0 ? first : `${first} and ${others.length} more`;
}

function refusalLines({ text, times, missing }: Permissions['refused'][number]): readonly string[] {
  return [`${times} times: ${text}`, `  it would take ${missing}`];
}
