import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import ts from 'typescript';

const ROOT = join(__dirname, '..');

/** Which files of ours each file imports; paths from the root of the project, `/` between segments. */
export type ImportGraph = ReadonlyMap<string, readonly string[]>;

/** Reads the imports of all TypeScript files of some folders. @throws Error for a relative import that leads nowhere */
export function readImports(folders: readonly string[]): ImportGraph {
  const files = folders.flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name.endsWith('.ts') && !entry.parentPath.includes('node_modules'))
      .map((entry) => join(entry.parentPath, entry.name)),
  );
  return new Map(files.map((file) => [pathOf(file), importsOf(file)]));
}

function importsOf(file: string): string[] {
  const relatives = specifiersOf(readFileSync(file, 'utf8')).filter((specifier) => specifier.startsWith('.'));
  return [...new Set(relatives.map((specifier) => pathOf(resolve(specifier, file))))];
}

function resolve(specifier: string, file: string): string {
  const options: ts.CompilerOptions = { moduleResolution: ts.ModuleResolutionKind.Bundler, resolveJsonModule: true };
  const found = ts.resolveModuleName(specifier, file, options, ts.sys).resolvedModule?.resolvedFileName;
  if (found === undefined) throw new Error(`${pathOf(file)} imports ${specifier}, which is not there`);
  return found;
}

function pathOf(file: string): string {
  return relative(ROOT, file).replaceAll('\\', '/');
}

/** What a source text imports, in whatever form, for its types only or not. */
export function specifiersOf(source: string): string[] {
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    const specifier = specifierOf(node);
    if (specifier !== undefined && ts.isStringLiteralLike(specifier)) found.push(specifier.text);
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile('source.ts', source, ts.ScriptTarget.Latest));
  return found;
}

function specifierOf(node: ts.Node): ts.Node | undefined {
  if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) return node.moduleSpecifier;
  if (ts.isExternalModuleReference(node)) return node.expression;
  if (ts.isImportTypeNode(node)) return ts.isLiteralTypeNode(node.argument) ? node.argument.literal : undefined;
  const loads = ts.isCallExpression(node) && (node.expression.kind === ts.SyntaxKind.ImportKeyword || isRequire(node.expression));
  return loads ? node.arguments[0] : undefined;
}

function isRequire(callee: ts.Expression): boolean {
  return ts.isIdentifier(callee) && callee.text === 'require';
}

/** One circle for each import that closes one, as `a → b → a`; none where there is no circle at all. */
export function circlesIn(graph: ImportGraph): string[] {
  const circles: string[] = [];
  const done = new Set<string>();
  const walk = (file: string, path: readonly string[]): void => {
    const at = path.indexOf(file);
    if (at >= 0) circles.push([...path.slice(at), file].join(' → '));
    if (at >= 0 || done.has(file)) return;
    for (const imported of graph.get(file) ?? []) walk(imported, [...path, file]);
    done.add(file);
  };
  for (const file of graph.keys()) walk(file, []);
  return circles;
}

/** Imports from one top folder into another, as `a/b.ts → c/d.ts`. */
export function arrowsIn(graph: ImportGraph): { from: string; to: string; arrow: string }[] {
  const top = (path: string): string => path.split('/')[0] as string;
  return [...graph].flatMap(([file, imported]) =>
    imported.filter((other) => top(other) !== top(file)).map((other) => ({ from: top(file), to: top(other), arrow: `${file} → ${other}` })),
  );
}
