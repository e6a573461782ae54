// The types of what may be imported from the package, and of nothing else: `dist/**/*.d.ts`.
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');

/**
 * Emits the declarations of the package's two entries, and of the modules that these name.
 * @param outDir folder that takes the place of `dist`
 * @throws Error with what the compiler said
 */
export function emitDeclarations(outDir) {
  const config = ts.getParsedCommandLineOfConfigFile(
    join(root, 'tsconfig.json'),
    { noEmit: false, declaration: true, emitDeclarationOnly: true, stripInternal: true, rootDir: root, outDir },
    { ...ts.sys, onUnRecoverableConfigFileDiagnostic: (diagnostic) => refuse([diagnostic]) },
  );
  const types = join(root, 'build/types');
  const entries = ['lib/index', 'client/index'];
  const rootNames = [...entries.map((entry) => join(root, `${entry}.ts`)), ...config.fileNames.filter((file) => file.startsWith(types))];
  const program = ts.createProgram({ rootNames, options: config.options });
  const emitted = new Map();
  const { diagnostics } = program.emit(undefined, (file, text) => emitted.set(relative(outDir, file), text));
  refuse([...ts.getPreEmitDiagnostics(program), ...diagnostics]);
  for (const file of namedBy(
    entries.map((entry) => `${entry}.d.ts`),
    emitted,
  ))
    write(join(outDir, file), emitted.get(file));
  // For `import` in an ES module: the same types, said to be one.
  write(join(outDir, 'client/index.d.mts'), "export * from './index.js';\n");
}

/** What a compiler that begins with these files reads. */
function namedBy(files, emitted) {
  const reached = new Set(files);
  for (const file of reached) {
    for (const { fileName } of ts.preProcessFile(emitted.get(file)).importedFiles) {
      if (fileName.startsWith('.')) reached.add(`${join(dirname(file), fileName)}.d.ts`);
    }
  }
  return reached;
}

function write(file, text) {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}

function refuse(diagnostics) {
  if (diagnostics.length === 0) return;
  const host = { getCanonicalFileName: (name) => name, getCurrentDirectory: () => root, getNewLine: () => '\n' };
  throw new Error(ts.formatDiagnostics(diagnostics, host));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) emitDeclarations(join(root, 'dist'));
