import { cpSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { succeed } from '../suites/program';
import { ROOT } from '../suites/root';

/** A company's repository, with the package installed from its tarball. */
export interface Company {
  readonly folder: string;
  /** What npm would install because of the package. */
  readonly brought: readonly string[];
}

/** A newer major than the one that the company itself uses; both must understand our types. */
const NEWEST_TYPESCRIPT = '7.0.2';
/** What a company installs beside the package, at the versions that we have. */
const BESIDE = [
  'aws-cdk-lib',
  'constructs',
  'aws-cdk',
  'tsx',
  'typescript',
  '@types/node',
  '@modelcontextprotocol/client',
  '@modelcontextprotocol/sdk',
];

/** @param folder that does not exist; no folder above it may hold `node_modules`, which would hide what the package lacks */
export async function foundCompany(folder: string, tarball: string, signal: AbortSignal): Promise<Company> {
  for (let above = folder; dirname(above) !== above; above = dirname(above)) {
    if (existsSync(join(dirname(above), 'node_modules'))) throw new Error(`There are node_modules above ${folder}, in ${dirname(above)}.`);
  }
  cpSync(join(__dirname, 'company'), folder, { recursive: true });
  const { devDependencies: ours } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  const devDependencies = {
    'cdk-mcp-fleet': `file:${tarball}`,
    ...Object.fromEntries(BESIDE.map((name) => [name, ours[name]])),
    'typescript-newest': `npm:typescript@${NEWEST_TYPESCRIPT}`,
  };
  writeFileSync(
    join(folder, 'package.json'),
    JSON.stringify({ name: 'company', version: '1.0.0', private: true, devDependencies }, null, 2),
  );
  await succeed('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline', '--loglevel=error'], folder, signal);
  const installed = JSON.parse(readFileSync(join(folder, 'node_modules/cdk-mcp-fleet/package.json'), 'utf8'));
  return { folder, brought: Object.keys({ ...installed.dependencies, ...installed.optionalDependencies }) };
}
