import { oneOf, readCommandLine, type SharedOptions, usageOf } from '../suites/command-line';
import { CLIENT_NAMES, type ClientName } from './clients';
import { FAULTS, type Fault } from './faults';
import { SERVER_NAMES, type ServerName } from './servers';

export interface Options extends SharedOptions {
  /** Clients of the matrix; none leaves it out. */
  readonly clients: readonly ClientName[];
  readonly faults: readonly Fault[];
  /** Third-party servers behind the fleet; none leaves them out. */
  readonly servers: readonly ServerName[];
  /** Whether everything is measured, so that docs/sessions.md may be written. */
  readonly whole: boolean;
}

export const USAGE = usageOf(
  'interop',
  `  --clients [a,b]     only the client matrix, of these clients: ${CLIENT_NAMES.join(', ')}
  --faults a,b        only these faults of the matrix: ${FAULTS.join(', ')}
  --servers [a,b]     only third-party servers, of these: ${SERVER_NAMES.join(', ')}`,
  'Without the first three, everything is measured and the tables of docs/sessions.md are written anew.\n',
);

/** @returns undefined when help is asked for @throws Error that names a flag or value which is not known */
export function readOptions(args: readonly string[]): Options | undefined {
  // A list that is left out means all of them.
  const filled = args.map((arg, index) =>
    /^--(clients|servers)$/.test(arg) && (args[index + 1] ?? '--').startsWith('--') ? `${arg}=all` : arg,
  );
  const values = readCommandLine(filled, { clients: { type: 'string' }, faults: { type: 'string' }, servers: { type: 'string' } });
  if (values === undefined) return undefined;
  const chosen = values.clients !== undefined || values.servers !== undefined || values.faults !== undefined;
  const matrix = values.clients ?? (values.faults !== undefined || !chosen ? 'all' : '');
  return {
    clients: listed('--clients', matrix, CLIENT_NAMES),
    faults: listed('--faults', values.faults ?? 'all', FAULTS),
    servers: listed('--servers', values.servers ?? (chosen ? '' : 'all'), SERVER_NAMES),
    whole: !chosen,
    keep: values.keep,
    json: values.json,
  };
}

function listed<Name extends string>(flag: string, text: string, known: readonly Name[]): readonly Name[] {
  if (text === 'all') return known;
  return text
    .split(',')
    .filter(Boolean)
    .map((name) => oneOf(flag, name, known));
}
