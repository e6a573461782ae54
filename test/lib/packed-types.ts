import { dirname, join } from 'node:path';
import ts from 'typescript';

const ROOT = join(__dirname, '../..');
/** Where the declarations would stand if they were written; they never are. */
const PACKED = join(ROOT, 'packed');
const SNIPPET = join(PACKED, 'snippet.ts');

/** The declarations as `npm pack` ships them, by path. */
function emitDeclarations(host: ts.CompilerHost): Map<string, string> {
  const { config } = ts.readConfigFile(join(ROOT, 'tsconfig.lib.json'), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, ROOT);
  const files = new Map<string, string>();
  const program = ts.createProgram([join(ROOT, 'lib/index.ts')], { ...options, emitDeclarationOnly: true, outDir: PACKED }, host);
  program.emit(undefined, (file, text) => files.set(file, text));
  return files;
}

/** Parsing aws-cdk-lib is what takes long: whatever is compiled shares it. */
function sharedHost(): ts.CompilerHost {
  const host = ts.createCompilerHost({});
  const parsed = new Map<string, ts.SourceFile | undefined>();
  const parse = host.getSourceFile;
  host.getSourceFile = (file, version) => {
    if (!parsed.has(file)) parsed.set(file, parse(file, version));
    return parsed.get(file);
  };
  return host;
}

/** Compiles code against the packed declarations. */
export function packedTypes() {
  const host = sharedHost();
  const files = emitDeclarations(host);
  const onDisk = { ...host };
  const program = (snippet: string) => {
    const there = new Map([...files, [SNIPPET, snippet]]);
    host.fileExists = (file) => there.has(file) || onDisk.fileExists(file);
    host.readFile = (file) => there.get(file) ?? onDisk.readFile(file);
    host.directoryExists = (folder) => folder.startsWith(PACKED) || ts.sys.directoryExists(folder);
    host.getSourceFile = (file, version) => {
      const text = there.get(file);
      return text === undefined ? onDisk.getSourceFile(file, version) : ts.createSourceFile(file, text, version, true);
    };
    const options = {
      strict: true,
      noEmit: true,
      types: [],
      module: ts.ModuleKind.ESNext,
      moduleResolution: ts.ModuleResolutionKind.Bundler,
    };
    return ts.createProgram([SNIPPET], { ...options, target: ts.ScriptTarget.ES2022 }, host);
  };

  return {
    /** Names of the classes that the package exports. */
    classes(): string[] {
      const made = program("export * from './lib/index';");
      const checker = made.getTypeChecker();
      const module = checker.getSymbolAtLocation(made.getSourceFile(SNIPPET) as ts.SourceFile) as ts.Symbol;
      const exported = checker
        .getExportsOfModule(module)
        .map((symbol) => (symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol));
      return exported.filter((symbol) => symbol.flags & ts.SymbolFlags.Class).map(({ name }) => name);
    },

    /** Those of some lines of code that do not compile, and what is wrong with our own declarations. */
    refusedOf(preamble: string, lines: readonly string[]): { readonly lines: string[]; readonly declarations: string[] } {
      const head = `import * as fleet from './lib/index';\n${preamble}\n`;
      const made = program(head + lines.join('\n'));
      const first = head.split('\n').length - 1;
      const source = made.getSourceFile(SNIPPET) as ts.SourceFile;
      const problems = [...made.getSyntacticDiagnostics(source), ...made.getSemanticDiagnostics(source)];
      const numbers = new Set(problems.map(({ start = 0 }) => source.getLineAndCharacterOfPosition(start).line - first));
      const own = made.getSourceFiles().filter(({ fileName }) => dirname(fileName).startsWith(PACKED) && fileName !== SNIPPET);
      const declarations = own
        .flatMap((file) => made.getSemanticDiagnostics(file))
        .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'));
      if ([...numbers].some((line) => line < 0)) throw new Error(ts.formatDiagnostics(problems, { ...host, getNewLine: () => '\n' }));
      return { lines: [...numbers].sort((a, b) => a - b).map((line) => lines[line] as string), declarations };
    },
  };
}
