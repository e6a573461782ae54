import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { ROOT } from '../suites/root';
import type { ShopProps } from './apps/shop';

/** What of this project runs in AWS: a commit that changes nothing here is no other version. */
const RUNTIME = ['core', 'gateway', 'lambda', 'ledger', 'lib', 'sidecar'];

/** Another version of this project, built: its constructs and its programs. */
export interface Former {
  readonly commit: string;
  /** Synthesizes the company that stands in that version. */
  readonly shop: (props: ShopProps, outdir: string) => void;
}

/**
 * Builds the project as it was.
 * @param from a commit or tag; else the last one before the runtime was changed for the last time
 * @throws Error with what git or the build said, such as in a folder without history
 */
export async function buildFormer(folder: string, from: string | undefined): Promise<Former> {
  const commit = from === undefined ? commitBefore() : git('rev-parse', '--verify', `${from}^{commit}`);
  mkdirSync(folder);
  execFileSync('tar', ['-x', '-C', folder], { input: execFileSync('git', ['archive', commit], { cwd: ROOT, maxBuffer: 1 << 28 }) });
  // Dependencies of today: a version that needs others is said to by its build.
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  execFileSync(process.execPath, ['build/build.mjs'], { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] });
  const program = join(folder, 'synthesize.cjs');
  await build({
    stdin: {
      contents: "import { shop } from './test/deploy/apps/shop';\nshop(JSON.parse(process.argv[2]), process.argv[3]);",
      resolveDir: folder,
    },
    outfile: program,
    bundle: true,
    platform: 'node',
    target: 'node20',
    external: ['aws-cdk-lib', 'constructs'],
    logLevel: 'warning',
  });
  const shop = (props: ShopProps, outdir: string): void => {
    execFileSync(process.execPath, [program, JSON.stringify(props), outdir], { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] });
  };
  return { commit, shop };
}

function commitBefore(): string {
  const changed = git('rev-list', '-1', 'HEAD', '--', ...RUNTIME);
  return git('rev-parse', '--verify', `${changed}^`);
}

function git(...args: readonly string[]): string {
  return execFileSync('git', args, { cwd: ROOT, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] }).trim();
}
