import { join } from 'node:path';
import type { Plugin } from 'esbuild';
import { ROOT } from '../root';
import type { Way } from './ways';

/** Puts the broken module where the programs import the real one; the broken one itself may import the real. */
export function replacing({ name, replaces, by }: Way): Plugin {
  const real = join(ROOT, replaces);
  const inItsPlace = join(__dirname, by);
  return {
    name: `broken: ${name}`,
    setup: ({ onResolve, onEnd }) => {
      let replaced = 0;
      onResolve({ filter: /^\.{1,2}\// }, ({ path, resolveDir, importer }) => {
        if (importer === inItsPlace || join(resolveDir, `${path}.ts`) !== real) return undefined;
        replaced++;
        return { path: inItsPlace };
      });
      onEnd(() => (replaced === 0 ? { errors: [{ text: `nothing imports ${replaces} any more` }] } : undefined));
    },
  };
}
