import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { problemsOf, serverProblemsOf } from './expectations';
import { type MatrixRow, runMatrix } from './matrix';
import { type Options, readOptions, USAGE } from './options';
import { matrixLine, serverLine, tables, writeDocument } from './report';
import { type NamedServerRow, runServers } from './server-matrix';

const interruption = new AbortController();

async function measure({ clients, faults, servers, json, whole }: Options, scratch: string): Promise<boolean> {
  const say = (line: string) => {
    if (!json) console.log(line);
  };
  const folder = (name: string) => {
    const path = join(scratch, name);
    mkdirSync(path);
    return path;
  };
  const { signal } = interruption;
  const serverRows: readonly NamedServerRow[] =
    servers.length === 0 ? [] : await runServers(servers, folder('servers'), signal, (row) => say(serverLine(row)));
  const matrix: readonly MatrixRow[] =
    clients.length === 0 ? [] : await runMatrix(clients, faults, folder('matrix'), signal, (row) => say(matrixLine(row)));
  signal.throwIfAborted(); // what was measured while everything was being stopped says nothing
  const problems = [...serverRows.flatMap(serverProblemsOf), ...matrix.flatMap(problemsOf)];
  // A table that shows a regression belongs into a report, not into the documentation.
  if (whole && problems.length === 0) writeDocument(tables(matrix, serverRows));
  if (json) console.log(JSON.stringify({ matrix, servers: serverRows, problems }, null, 2));
  for (const problem of problems) say(`✘ ${problem}`);
  say(
    `interop ${problems.length === 0 ? 'passed' : 'failed'}: ${matrix.length} cells, ${serverRows.length} servers, ${problems.length} worse`,
  );
  return problems.length === 0;
}

async function main(): Promise<number> {
  let options: Options;
  try {
    options = readOptions(process.argv.slice(2));
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${USAGE}`);
    return 2;
  }
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => interruption.abort());
  const scratch = mkdtempSync(join(tmpdir(), 'mcp-interop-'));
  try {
    return (await measure(options, scratch)) ? 0 : 1;
  } catch (error) {
    console.error(interruption.signal.aborted ? 'interrupted' : error);
    return interruption.signal.aborted ? 130 : 1;
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

void main().then((code) => {
  process.exitCode = code;
});
