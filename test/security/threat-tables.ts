import { SHOWN_ELSEWHERE } from './shown-elsewhere';
import { THREATS } from './threats';

/** The tables in docs/threat-model.md. */
export function threatTable(): string {
  const rows = THREATS.map(({ id, boundary, threat, asset, answer, attacks, mutation }) =>
    cells(`\`${id}\``, boundary, threat, asset, answer, String(attacks.length), `\`${mutation.file}\` (${mutation.program})`),
  );
  return [cells('threat', 'from', 'what is tried', 'at stake', 'answer', 'attacks', 'guard'), cells(...Array(7).fill('---')), ...rows].join(
    '\n',
  );
}

export function elsewhereTable(): string {
  const rows = SHOWN_ELSEWHERE.map(({ id, boundary, threat, answer, file, test }) =>
    cells(`\`${id}\``, boundary, threat, answer, `\`${file}\`: ${test}`),
  );
  return [cells('threat', 'from', 'what is tried', 'answer', 'shown by'), cells(...Array(5).fill('---')), ...rows].join('\n');
}

function cells(...texts: readonly string[]): string {
  return `| ${texts.map((text) => text.replaceAll('|', '\\|')).join(' | ')} |`.replaceAll('| --- |', '|---|').replaceAll(' --- |', '---|');
}
