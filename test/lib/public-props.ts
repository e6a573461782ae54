import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';

const LIB = join(__dirname, '../../lib');

/** A property of an interface, with its type as it is written. */
export interface PublicProperty {
  readonly name: string;
  readonly optional: boolean;
  readonly type: string;
}

/** Properties of every interface that lib/index.ts exports, by the interface's name. */
export function publicProps(): Map<string, PublicProperty[]> {
  const exported = parse('index').statements.filter(ts.isExportDeclaration).flatMap(namesOf);
  const found = exported.flatMap(({ name, file }) => interfaceIn(parse(file), name));
  return new Map(found.map((declaration) => [declaration.name.text, declaration.members.filter(ts.isPropertySignature).map(propertyOf)]));
}

function namesOf({ exportClause, moduleSpecifier }: ts.ExportDeclaration): { name: string; file: string }[] {
  if (exportClause === undefined || !ts.isNamedExports(exportClause)) throw new Error('lib/index.ts is to export by name');
  const file = (moduleSpecifier as ts.StringLiteral).text.replace(/^\.\//, '');
  return exportClause.elements.map(({ name }) => ({ name: name.text, file }));
}

function interfaceIn(source: ts.SourceFile, name: string): ts.InterfaceDeclaration[] {
  const declared = source.statements.filter(ts.isInterfaceDeclaration).filter((declaration) => declaration.name.text === name);
  // Whoever hands in a construct has not written it.
  return declared.filter(({ heritageClauses = [] }) => !heritageClauses.some((clause) => clause.getText().includes('IConstruct')));
}

function propertyOf({ name, questionToken, type }: ts.PropertySignature): PublicProperty {
  return { name: name.getText(), optional: questionToken !== undefined, type: type?.getText() ?? '' };
}

function parse(file: string): ts.SourceFile {
  const path = join(LIB, `${file}.ts`);
  return ts.createSourceFile(path, readFileSync(path, 'utf8'), ts.ScriptTarget.ES2022, true);
}
