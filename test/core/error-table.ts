import { ERRORS } from '../../core/errors';

/** The table in docs/outcomes.md. */
export function errorTable(): string {
  const rows = Object.entries(ERRORS).map(
    ([name, { code, status, outcome, retry, message }]) =>
      `| \`${name}\` | ${code} | ${status} | \`${outcome}\` | \`${retry}\` | ${message} |`,
  );
  return ['| error | code | HTTP | outcome | retry | message |', '|---|---|---|---|---|---|', ...rows].join('\n');
}
