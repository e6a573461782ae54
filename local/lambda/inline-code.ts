import { createHash } from 'node:crypto';
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { programPath } from '../programs';

/**
 * Folder of a function whose code stands in its template: `index.js`, with the module `cfn-response` beside it (AWS::Lambda::Function
 * Code, ZipFile).
 * @param parent of the run: the folder goes with it
 */
export function inlineFolder(source: string, parent: string): string {
  const folder = join(parent, 'inline', createHash('sha256').update(source).digest('hex'));
  const modules = join(folder, 'node_modules');
  mkdirSync(modules, { recursive: true, mode: 0o700 });
  writeFileSync(join(folder, 'index.js'), source);
  copyFileSync(programPath('cfn-response.cjs'), join(modules, 'cfn-response.js'));
  return folder;
}
