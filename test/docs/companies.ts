import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { pack } from '../suites/pack';
import { personalEnvironment, succeed } from '../suites/program';
import { ROOT } from '../suites/root';
import { eventually } from '../suites/waiting';

/** Where commands are typed. */
export interface Company {
  readonly name: CompanyName;
  readonly folder: string;
  readonly environment: NodeJS.ProcessEnv;
}

export type CompanyName = keyof typeof FOUNDERS;

/** What is made by the commands themselves, or is none of a clone's. */
const NOT_CLONED = ['node_modules', 'dist', 'cdk.out', 'coverage', '.git', '.mcp-fleet'];
/** Files that a reader has, by the names that the pages give them. */
const FILES = {
  'transfer.json': '{ "from": "operating", "to": "vendors", "amount": 120, "currency": "EUR" }\n',
  'key.txt': 'sk_test_4711\n',
  'load.json': '{ "agents": 30, "hours": 2 }\n',
};
/** Until the reader's company has installed what it needs. */
const INSTALLED_MS = 240_000;

const FOUNDERS = {
  /** This repository, cloned, with the example company's app. */
  acme: async (folder: string) => {
    for (const name of readdirSync(ROOT).filter((entry) => !NOT_CLONED.includes(entry)))
      cpSync(join(ROOT, name), join(folder, name), { recursive: true });
    symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  },
  /** An empty folder, and the package's tarball; all else comes by the commands of the README. */
  notes: async (folder: string, signal: AbortSignal) => {
    renameSync(await pack(folder, signal), join(folder, TARBALL));
  },
  /** One that had an app already; small, for it is started again and again. And synthesized. */
  second: async (folder: string, signal: AbortSignal) => {
    await moveInto(folder);
    // What CloudFormation would refuse is not looked for: that takes four times as long as all the rest.
    await succeed('/bin/sh', ['-c', 'CDK_VALIDATION=false npx cdk synth --quiet'], folder, signal);
  },
  /** One with a queue, and secrets. */
  shop: (folder: string) => moveInto(folder),
} as const;

export const COMPANY_NAMES = Object.keys(FOUNDERS) as readonly CompanyName[];

export function isCompany(name: string): name is CompanyName {
  return name in FOUNDERS;
}

export const TARBALL = 'cdk-mcp-fleet.tgz';

export async function found(name: CompanyName, scratch: string, signal: AbortSignal): Promise<Company> {
  const folder = join(scratch, name);
  mkdirSync(folder);
  await FOUNDERS[name](folder, signal);
  for (const [file, text] of Object.entries(FILES)) writeFileSync(join(folder, file), text);
  const { PATH, ...environment } = personalEnvironment();
  // Help texts say `mcp-fleet` where pages say `npx mcp-fleet`; in a clone the command is in `bin`.
  const path = [join(folder, 'node_modules/.bin'), join(folder, 'bin'), PATH].join(':');
  // As above: an example is synthesized with all its checks in the tests.
  return { name, folder, environment: { ...environment, PATH: path, CDK_VALIDATION: 'false' } };
}

/** Lays out a company of this folder, with a server of another suite's and the packages of `notes`, as soon as it has them. */
async function moveInto(folder: string): Promise<void> {
  const packages = join(folder, '..', 'notes' satisfies CompanyName, 'node_modules');
  // npm writes it when everything is there.
  const list = join(packages, '.package-lock.json');
  const isThere = async (): Promise<boolean> => existsSync(list) && readFileSync(list, 'utf8').includes('"node_modules/aws-cdk"');
  await eventually('mcp-fleet init has been through', isThere, INSTALLED_MS);
  for (const source of [join(__dirname, '../package/company'), join(__dirname, basename(folder))])
    cpSync(source, folder, { recursive: true });
  symlinkSync(packages, join(folder, 'node_modules'));
}
