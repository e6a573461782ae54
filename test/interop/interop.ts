import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Stage, Verdict } from '../suites/suite';
import { problemsOf, serverProblemsOf } from './expectations';
import { type MatrixRow, runMatrix } from './matrix';
import type { Options } from './options';
import { matrixLine, serverLine, tables, writeDocument } from './report';
import { type NamedServerRow, runServers } from './server-matrix';

/** Measures third-party servers and clients behind the fleet, and says what is worse than expected. */
export async function runInterop({ clients, faults, servers, whole }: Options, { scratch, signal, say }: Stage): Promise<Verdict> {
  const folder = (name: string) => {
    const path = join(scratch, name);
    mkdirSync(path);
    return path;
  };
  const serverRows: readonly NamedServerRow[] =
    servers.length === 0 ? [] : await runServers(servers, folder('servers'), signal, (row) => say(serverLine(row)));
  const matrix: readonly MatrixRow[] =
    clients.length === 0 ? [] : await runMatrix(clients, faults, folder('matrix'), signal, (row) => say(matrixLine(row)));
  signal.throwIfAborted(); // what was measured while everything was being stopped says nothing
  const problemsByRow = [...serverRows.map(serverProblemsOf), ...matrix.map(problemsOf)];
  const problems = problemsByRow.flat();
  for (const problem of problems) say(`✘ ${problem}`);
  // A table that shows a regression belongs into a report, not into the documentation.
  if (whole && problems.length === 0) writeDocument(tables(matrix, serverRows));
  const failed = problemsByRow.filter(({ length }) => length > 0).length;
  return {
    passed: failed === 0,
    counts: { passed: problemsByRow.length - failed, failed },
    facts: [`${matrix.length} cells`, `${serverRows.length} servers`, `${problems.length} worse`],
    document: { matrix, servers: serverRows, problems },
  };
}
