import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { App } from 'aws-cdk-lib';
import { AcmeStack } from '../../../../examples/acme/acme-stack';
import type { LocalAccount, Permissions } from '../../../../local/local-account';
import { startLocalAccount } from '../../../../local/start';

/** How often the janitor runs here, in milliseconds. */
const JANITOR_MS = 2_000;

/** The example company, whose roles are judged; its policies can be changed while it runs. */
export class Acme {
  private constructor(
    readonly account: LocalAccount,
    private readonly assembly: string,
    private readonly template: string,
  ) {}

  /** @param folder for its assembly and its state */
  static async start(folder: string): Promise<Acme> {
    const assembly = join(folder, 'cdk.out');
    const app = new App({ outdir: assembly, analyticsReporting: false });
    new AcmeStack(app, 'Acme');
    app.synth();
    const controlFolder = join(folder, 'account');
    mkdirSync(controlFolder);
    const account = await startLocalAccount({ assembly, port: 0, controlFolder, persist: join(folder, 'state'), scheduleMs: JANITOR_MS });
    return new Acme(account, assembly, readFileSync(join(assembly, TEMPLATE), 'utf8'));
  }

  /** By a deployment of the template with that change, and, in the end, of the one without. */
  async without<T>({ policy, statement, action }: Permission, work: () => Promise<T>): Promise<T> {
    await this.deploy(withoutAction(this.template, policy, statement, action));
    try {
      return await work();
    } finally {
      await this.deploy(this.template);
    }
  }

  private async deploy(template: string): Promise<void> {
    writeFileSync(join(this.assembly, TEMPLATE), template);
    await this.account.apply(this.assembly);
  }
}

export type Permission = Permissions['permissions'][number];

const TEMPLATE = 'Acme.template.json';
/** Stands where an action was: a statement without any is none, and the numbers of the others would change. */
const NOTHING = 'iam:NothingAtAll';

interface Template {
  readonly Resources: Readonly<
    Record<string, { readonly Properties: { readonly PolicyDocument: { readonly Statement: { Action: string | string[] }[] } } }>
  >;
}

function withoutAction(text: string, policy: string, index: number, action: string): string {
  const template = JSON.parse(text) as Template;
  const statement = template.Resources[policy.replace(/^.*\//, '')]?.Properties.PolicyDocument.Statement[index];
  const actions = [statement?.Action ?? []].flat();
  if (statement === undefined || !actions.includes(action)) throw new Error(`${policy}#${index} has no ${action}`);
  statement.Action = [...actions.filter((each) => each !== action), NOTHING];
  return JSON.stringify(template);
}
