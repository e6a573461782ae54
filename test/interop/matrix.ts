import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { bundlePrograms } from '../suites/bundling';
import { type Cell, runCell } from './cell';
import { type ClientName, clientOf, clientPackages } from './clients';
import type { Fault } from './faults';
import { startFleetTarget } from './fleet-target';
import { startPlainTarget } from './plain-target';
import type { Target } from './target';

export const LEGS = ['without', 'with'] as const;

/** Without us, and with us. */
export type Leg = (typeof LEGS)[number];

/** One client under one fault. */
export interface MatrixRow {
  readonly client: ClientName;
  readonly title: string;
  readonly fault: Fault;
  readonly without: Cell | MeasuringFailed;
  readonly with: Cell | MeasuringFailed;
}

/** The cell says nothing of the client. */
export interface MeasuringFailed {
  readonly failed: string;
}

/** Measures every client under every fault, both ways at a time. @param onRow told of each row */
export async function runMatrix(
  clients: readonly ClientName[],
  faults: readonly Fault[],
  scratch: string,
  signal: AbortSignal,
  onRow: (row: MatrixRow) => void,
): Promise<readonly MatrixRow[]> {
  const packages = clientPackages();
  const home = join(scratch, 'home');
  mkdirSync(home, { recursive: true });
  const { 'journaled-server': program } = await bundlePrograms('test/interop', ['journaled-server'], join(scratch, 'programs'));
  const plain = await startPlainTarget(program);
  let fleet: Target | undefined;
  const rows: MatrixRow[] = [];
  try {
    fleet = await startFleetTarget(program, scratch);
    for (const fault of faults) {
      for (const name of clients) {
        signal.throwIfAborted();
        const client = clientOf(name, packages);
        const measure = (target: Target) =>
          runCell(client, fault, target, packages.drivers, home).catch((error: Error): MeasuringFailed => ({ failed: error.message }));
        const [without, withUs] = await Promise.all([measure(plain), measure(fleet)]);
        const row = { client: name, title: client.title, fault, without, with: withUs };
        onRow(row);
        rows.push(row);
      }
    }
    return rows;
  } finally {
    await Promise.all([plain.stop(), fleet?.stop()]);
  }
}
