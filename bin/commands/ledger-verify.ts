import { Command, InvalidArgumentError } from 'commander';
import { comparedTable } from '../../checks/archive';
import type { Verdict } from '../../ledger/archive/verify';
import { verify } from '../../ledger/archive/verify';
import { CommandError, EXIT } from '../exit';
import type { PlaceOptions } from '../place/place';
import { ofPlace, placeOf } from '../place/place-of';
import { terminal } from '../terminal';

/** Changes wait for some seconds for others before they are archived. */
const PATIENCE_MS = 30_000;

interface VerifyOptions extends PlaceOptions {
  readonly since?: number;
  readonly json: boolean;
}

export function verifyCommand(): Command {
  const command = new Command('verify')
    .description('Hold the archive against itself, and the table against the archive; exit code 3 where something is wrong')
    .option('--since <time>', 'leave out what is older, such as 2026-11-27 or 2026-11-27T10:00:00Z', moment)
    .option('--json', 'one JSON document', false);
  return ofPlace(command).action(verifyLedger);
}

async function verifyLedger({ since, json, ...options }: VerifyOptions): Promise<void> {
  const place = await placeOf(options);
  const archive = await place.archive();
  if (archive === undefined) {
    const fix = 'deploy it with a version of cdk-mcp-fleet that archives';
    throw new CommandError(EXIT.NO, `The fleet ${place.fleet} has no archive: its changes are in the table alone.`, fix);
  }
  const { result, narrate, paint } = terminal(json);
  const tell = (what: string): void => narrate(paint.dim(what));
  const verdict = await verify(archive, comparedTable(place.tables), {
    patienceMs: PATIENCE_MS,
    tell,
    keys: place.agentKeys,
    ...(since !== undefined && { since }),
  });
  const { findings, more } = verdict;
  if (json) result(JSON.stringify(verdict));
  else for (const { fault, what, why } of findings) result(`${paint.red(fault.padEnd(10))}  ${what}: ${why}`);
  if (findings.length === 0) return json ? undefined : result(paint.green(soundness(verdict)));
  throw new CommandError(
    EXIT.NO,
    `${findings.length + more} findings${more > 0 ? `, of which the first ${findings.length} are told` : ''}; ${soundness(verdict)}`,
    'docs/audit.md tells what each means',
  );
}

function soundness({ records, segments, rows, earlier, shredded, findings }: Verdict): string {
  const whole = findings.length === 0 ? 'the chain is whole, and says the same as the table: ' : '';
  const before = earlier === 0 ? '' : `, ${earlier} of them from before the archive began`;
  const gone = shredded === 0 ? '' : `; what was personal in ${shredded} records is shredded`;
  return `${whole}${records} records in ${segments} objects, ${rows} rows${before}${gone}`;
}

function moment(text: string): number {
  const at = Date.parse(text);
  if (Number.isNaN(at)) throw new InvalidArgumentError(`"${text}" is not a time; expected such as 2026-11-27 or 2026-11-27T10:00:00Z.`);
  return at;
}
