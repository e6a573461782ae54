import { existsSync, readFileSync, statSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { LocalAccountError } from '../local/account-error';
import { readCloudAssembly } from '../local/assembly/cloud-assembly';
import { templateWithGrants } from '../local/assembly/grants';
import { parseTemplate, type Template } from '../local/assembly/template';
import type { DeclaredFleet, NamedTemplate } from '../meaning/declared';
import { readFleets } from '../meaning/read-fleets';
import { attachHere } from './attach';
import { CommandError, EXIT } from './exit';

/** One version of an app: its templates, and where they come from. */
export interface Side {
  readonly from: string;
  readonly stacks: readonly NamedTemplate[];
  /** One template alone: of the other side its stack is compared. */
  readonly isOneTemplate: boolean;
  /** It may hold stacks of other apps, too, and that of `cdk bootstrap`. */
  readonly isAccount: boolean;
}

/** What runs here. */
export async function runningSide(): Promise<Side> {
  try {
    const account = await attachHere();
    const { templates } = await account.checked();
    const stacks = Object.entries(templates).map(([name, template]) => ({ name, template: template as Template }));
    return { from: `the account that runs here (pid ${account.pid})`, stacks, isOneTemplate: false, isAccount: true };
  } catch (error) {
    if (!LocalAccountError.is(error) || error.code !== 'NOT_RUNNING') throw error;
    const fix = 'name what to compare with: --against FOLDER for an assembly, --against FILE for a template; or start `mcp-fleet local`';
    throw new CommandError(
      EXIT.ENVIRONMENT,
      `There is nothing to compare with: no local account is running in ${process.cwd()} or above it.`,
      fix,
    );
  }
}

export function assemblySide(folder: string, from = folder): Side {
  const stacks = readCloudAssembly(folder).stacks.map((stack) => ({ name: stack.name, template: templateWithGrants(stack) }));
  return { from, stacks, isOneTemplate: false, isAccount: false };
}

/** An assembly, or a template that was deployed. @param path folder or file */
export function formerSide(path: string): Side {
  if (!existsSync(path)) {
    const fix = 'name the folder of a synthesized assembly (cdk synth -o FOLDER), or a template of `aws cloudformation get-template`';
    throw new CommandError(EXIT.USAGE, `--against names ${path}, and there is nothing; allowed: a folder or a file.`, fix);
  }
  if (!statSync(path).isDirectory()) return { from: path, stacks: [readDeployed(path)], isOneTemplate: true, isAccount: false };
  if (existsSync(join(path, 'manifest.json'))) return assemblySide(path);
  const fix = `write one there: npx cdk synth -o ${path}`;
  throw new CommandError(EXIT.USAGE, `--against names ${resolve(path)}, which is no cloud assembly: it holds no manifest.json.`, fix);
}

/**
 * What is compared. Of an app, the one stack that a template is a version of, by its name or by its fleet; both by the stack's name. Of an
 * account, what the app has a version of: no deployment of it removes the stacks of others.
 */
export function matched(before: Side, after: Side): readonly [Side, Side] {
  if (before.isAccount) return [{ ...before, stacks: before.stacks.filter((stack) => isOfApp(stack, before, after)) }, after];
  const [template] = before.stacks;
  if (!before.isOneTemplate || template === undefined) return [before, after];
  const named = after.stacks.filter(({ name }) => name === template.name);
  const fleets = readFleets(before.stacks);
  const found = named.length > 0 ? named : after.stacks.filter((stack) => readFleets([stack]).some((fleet) => fleets.some(sameAs(fleet))));
  const [stack, ...others] = found;
  if (stack !== undefined && others.length === 0) {
    return [
      { ...before, stacks: [{ ...template, name: stack.name }] },
      { ...after, stacks: [stack] },
    ];
  }
  const names = after.stacks.map(({ name }) => name).join(', ');
  throw new CommandError(
    EXIT.USAGE,
    `Of which stack ${before.from} is a template, its name and its fleets do not tell; allowed: ${names}.`,
    'call the file as its stack is called: STACK.template.json',
  );
}

function isOfApp({ name, template }: NamedTemplate, before: Side, after: Side): boolean {
  if (after.stacks.some((stack) => stack.name === name)) return true;
  const fleets = readFleets(after.stacks);
  if (readFleets([{ name, template }]).some((fleet) => fleets.some(sameAs(fleet)))) return true;
  const parent = before.stacks.find((stack) => nestedIn(stack).includes(name));
  return parent !== undefined && isOfApp(parent, before, after);
}

/** Names of the stacks that are nested in one. */
function nestedIn({ name, template }: NamedTemplate): readonly string[] {
  const nested = Object.entries(template.Resources).filter(([, { Type }]) => Type === 'AWS::CloudFormation::Stack');
  return nested.map(([logicalId]) => `${name}-${logicalId}`);
}

/** Of a fleet that stands elsewhere, other apps have servers as well: that they have one in common tells. */
function sameAs(fleet: DeclaredFleet) {
  return ({ name, path, isHome, servers }: DeclaredFleet): boolean => {
    if (isHome !== fleet.isHome) return false;
    if (path !== undefined && path === fleet.path) return true;
    return name === fleet.name && (isHome || [...servers.keys()].some((server) => fleet.servers.has(server)));
  };
}

/** As it is, or as `aws cloudformation get-template` prints it. */
function readDeployed(file: string): NamedTemplate {
  const name = basename(file).replace(/(\.template)?\.json$/, '');
  try {
    const content = JSON.parse(readFileSync(file, 'utf8')) as { TemplateBody?: unknown };
    const body = content.TemplateBody ?? content;
    const template = parseTemplate(typeof body === 'string' ? body : JSON.stringify(body));
    if (Object.keys(template.Resources).length > 0) return { name, template };
  } catch {
    // said below
  }
  throw new CommandError(
    EXIT.USAGE,
    `--against names ${file}, which is no CloudFormation template in JSON.`,
    'aws cloudformation get-template --stack-name STACK --template-stage Original > STACK.json; a template in YAML is not read',
  );
}
