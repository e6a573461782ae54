import { METHODS } from '../../core/methods';

/** The table in docs/reading.md. */
export function methodsTable(): string {
  const rows = Object.entries(METHODS).map(([method, { kind, eras, from, effect, grant, lists, recorded, namedBy }]) => {
    const more = [
      lists === undefined ? '' : 'its list is filtered',
      recorded ? 'a row in the ledger' : '',
      namedBy ? `\`Mcp-Name\` = \`${namedBy}\`` : '',
    ];
    return `| \`${method}\` | ${kind} | ${eras.join(', ')} | ${from} | ${effect} | ${grant} | ${more.filter(Boolean).join('; ')} |`;
  });
  return ['| method | kind | eras | who says it | said twice | granted by | |', '|---|---|---|---|---|---|---|', ...rows].join('\n');
}
