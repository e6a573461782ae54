import { ENDINGS } from '../../core/endings';

/** The table in docs/outcomes.md. */
export function endingsTable(): string {
  const rows = Object.values(ENDINGS).map((ending) => {
    const told = 'error' in ending ? `\`${ending.error}\`` : "the server's answer";
    return `| ${ending.what} | ${ending.how} | \`${ending.outcome}\` | ${told} |`;
  });
  return ['| what happened | how the gateway knows | outcome | the agent gets |', '|---|---|---|---|', ...rows].join('\n');
}
