import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { DeleteItemCommand, DynamoDBClient, ScanCommand } from '@aws-sdk/client-dynamodb';
import { GRANTS_RESOURCE } from '../../../../core/grants-document';
import type { Permissions } from '../../../../local/iam/permissions';
import type { LocalAccount } from '../../../../local/local-account';
import { OPERATOR_CREDENTIALS } from '../../../../local/processes/credentials';
import { startLocalAccount } from '../../../../local/start';
import { FleetProcesses } from '../../../suites/fleet-processes';
import { ROOT } from '../../../suites/root';

/** How often the janitor runs here, in milliseconds. */
const JANITOR_MS = 2_000;

/** So long, in milliseconds, what was begun without a permission may take to its end when it is there again. */
const LEFT_MS = 30_000;

/** The example company, whose roles are judged; its policies can be changed while it runs. */
export class Acme {
  private readonly processes = new FleetProcesses();
  private left: Promise<void>[] = [];

  private constructor(
    readonly account: LocalAccount,
    private readonly assembly: string,
    private readonly template: string,
  ) {}

  /** @param folder for its assembly and its state */
  static async start(folder: string): Promise<Acme> {
    const assembly = join(folder, 'cdk.out');
    // By a process of its own: what starts so many others should be small itself.
    const { context } = JSON.parse(readFileSync(join(ROOT, 'cdk.json'), 'utf8')) as { readonly context: object };
    const env = { ...process.env, CDK_OUTDIR: assembly, CDK_CONTEXT_JSON: JSON.stringify(context) };
    await promisify(execFile)(process.execPath, ['--import', 'tsx', 'bin/acme.ts'], { cwd: ROOT, env });
    const controlFolder = join(folder, 'account');
    mkdirSync(controlFolder);
    const account = await startLocalAccount({ assembly, port: 0, controlFolder, persist: join(folder, 'state'), scheduleMs: JANITOR_MS });
    const acme = new Acme(account, assembly, readFileSync(join(assembly, TEMPLATE), 'utf8'));
    await acme.processes.follow(account);
    return acme;
  }

  /**
   * By a deployment of the template with that change, and, in the end, of the one without; then everything is as it was.
   * @param withGrants whether the first one writes grants
   * @param work is told whether it has come about
   */
  async without<T>(
    { policy, statement, action }: Permission,
    { withGrants }: { readonly withGrants: boolean },
    work: (deployed: 'done' | 'fails') => Promise<T>,
  ): Promise<T> {
    const changed = withoutAction(this.template, policy, statement, action);
    if (withGrants) await forgetGrant(this.account);
    const deployed = this.deploy(withGrants ? withGrantsAgain(changed) : changed);
    try {
      return await work(withGrants ? await deployed.then(DONE, FAILS) : await deployed.then(DONE));
    } finally {
      await this.deploy(withGrants ? withGrantsAgain(this.template) : this.template);
      await Promise.race([Promise.all(this.left.splice(0)), delay(LEFT_MS)]);
      await this.processes.whole();
    }
  }

  /** Something that goes on, and is waited for when the permission is there again. */
  leave(work: Promise<void>): void {
    this.left.push(work);
  }

  private async deploy(template: string): Promise<void> {
    writeFileSync(join(this.assembly, TEMPLATE), template);
    await this.account.apply(this.assembly);
  }
}

const DONE = () => 'done' as const;
const FAILS = () => 'fails' as const;

export type Permission = Permissions['permissions'][number];

const TEMPLATE = 'Acme.template.json';
/** Stands where an action was: a statement without any is none, and the numbers of the others would change. */
const NOTHING = 'iam:NothingAtAll';

interface Template {
  readonly Resources: Readonly<
    Record<string, { readonly Properties: { readonly PolicyDocument: { readonly Statement: { Action: string | string[] }[] } } }>
  >;
}

/** Another property: CloudFormation asks for the grants to be written once more. */
function withGrantsAgain(text: string): string {
  const template = JSON.parse(text) as { readonly Resources: Readonly<Record<string, { Type: string; Properties: object }>> };
  for (const { Type, Properties } of Object.values(template.Resources))
    if (Type === GRANTS_RESOURCE) Object.assign(Properties, { Again: randomUUID() });
  return JSON.stringify(template);
}

/** One row that construct code wrote is lost: there is something to write. */
async function forgetGrant({ dynamodbUrl, tables }: LocalAccount): Promise<void> {
  const client = new DynamoDBClient({ endpoint: dynamodbUrl, region: 'us-east-1', credentials: OPERATOR_CREDENTIALS });
  const TableName = tables.allowlist;
  const { Items = [] } = await client.send(new ScanCommand({ TableName }));
  const row = Items.find(({ entry }) => entry?.S?.endsWith('#allow#cdk'));
  if (row?.agent === undefined || row.entry === undefined) throw new Error('There is no grant in the allowlist.');
  await client.send(new DeleteItemCommand({ TableName, Key: { agent: row.agent, entry: row.entry } }));
  client.destroy();
}

function withoutAction(text: string, policy: string, index: number, action: string): string {
  const template = JSON.parse(text) as Template;
  const statement = template.Resources[policy.replace(/^.*\//, '')]?.Properties.PolicyDocument.Statement[index];
  const actions = [statement?.Action ?? []].flat();
  if (statement === undefined || !actions.includes(action)) throw new Error(`${policy}#${index} has no ${action}`);
  statement.Action = [...actions.filter((each) => each !== action), NOTHING];
  return JSON.stringify(template);
}
