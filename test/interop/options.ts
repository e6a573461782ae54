import { parseArgs } from 'node:util';
import { CLIENT_NAMES, type ClientName } from './clients';
import { FAULTS, type Fault } from './faults';
import { SERVER_NAMES, type ServerName } from './servers';

export interface Options {
  /** Clients of the matrix; none leaves it out. */
  readonly clients: readonly ClientName[];
  readonly faults: readonly Fault[];
  /** Third-party servers behind the fleet; none leaves them out. */
  readonly servers: readonly ServerName[];
  /** One JSON document instead of tables. */
  readonly json: boolean;
  /** Whether everything is measured, so that docs/sessions.md may be written. */
  readonly whole: boolean;
}

export const USAGE = `Usage: npm run test:interop -- [options]

  --clients [a,b]  only the client matrix, of these clients: ${CLIENT_NAMES.join(', ')}
  --faults a,b     only these faults of the matrix: ${FAULTS.join(', ')}
  --servers [a,b]  only third-party servers, of these: ${SERVER_NAMES.join(', ')}
  --json           one JSON document on stdout, with what each client gave
Without the first three, everything is measured and the tables of docs/sessions.md are written anew.
`;

/** @throws Error that names a flag or value which is not known */
export function readOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    // A list that is left out means all of them.
    args: args.map((arg, index) => (/^--(clients|servers)$/.test(arg) && (args[index + 1] ?? '--').startsWith('--') ? `${arg}=all` : arg)),
    options: {
      clients: { type: 'string' },
      faults: { type: 'string' },
      servers: { type: 'string' },
      json: { type: 'boolean', default: false },
    },
  });
  const chosen = values.clients !== undefined || values.servers !== undefined || values.faults !== undefined;
  const matrix = values.clients ?? (values.faults !== undefined || !chosen ? 'all' : '');
  return {
    clients: listed('--clients', matrix, CLIENT_NAMES),
    faults: listed('--faults', values.faults ?? 'all', FAULTS),
    servers: listed('--servers', values.servers ?? (chosen ? '' : 'all'), SERVER_NAMES),
    json: values.json,
    whole: !chosen,
  };
}

function listed<T extends string>(flag: string, text: string, known: readonly T[]): readonly T[] {
  if (text === 'all') return known;
  const names = text.split(',').filter(Boolean);
  for (const name of names) {
    if (!known.includes(name as T)) throw new Error(`${flag} ${JSON.stringify(name)} is not one of ${known.join(', ')}`);
  }
  return names as T[];
}
