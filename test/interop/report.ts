import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../suites/root';
import { FAULT_TITLES, FAULTS } from './faults';
import { LEGS, type MatrixRow } from './matrix';
import type { NamedServerRow } from './server-matrix';

const DOCUMENT = join(ROOT, 'docs/sessions.md');
const BEGIN = '<!-- measured by npm run test:interop: what stands from here to the end is written by it -->';

/** One line per row while it runs. */
export function matrixLine(row: MatrixRow): string {
  const [without, withUs] = LEGS.map((leg) => cellText(row, leg));
  return `${row.fault.padEnd(16)} ${row.client.padEnd(14)} ${String(without).padEnd(64)} → ${withUs}`;
}

export function serverLine({ server, tools, clients, revision, ended }: NamedServerRow): string {
  const seen = Object.entries(clients).map(([client, what]) => `${client} ${what}`);
  return `${server.padEnd(20)} ${String(tools).padStart(2)} tools  ${seen.join(', ')}  auto ${revision}  DELETE/after ${ended}`;
}

/** The measured part of docs/sessions.md. */
export function tables(matrix: readonly MatrixRow[], servers: readonly NamedServerRow[]): string {
  return [...FAULTS.map((fault) => faultTable(fault, matrix)), serverTable(servers)].join('\n');
}

/** Writes the measured part anew; what people wrote stays. */
export function writeDocument(measured: string): void {
  const text = readFileSync(DOCUMENT, 'utf8');
  const end = text.indexOf(BEGIN);
  if (end < 0) throw new Error(`${DOCUMENT} has no line "${BEGIN}" behind which to write.`);
  writeFileSync(DOCUMENT, `${text.slice(0, end)}${BEGIN}\n\n${measured}`);
}

function faultTable(fault: (typeof FAULTS)[number], matrix: readonly MatrixRow[]): string {
  const { title, what } = FAULT_TITLES[fault];
  const rows = matrix.filter((row) => row.fault === fault);
  const lines = rows.map((row) => `| ${row.title} | ${cellText(row, 'without')} | ${cellText(row, 'with')} |`);
  return `### ${title}\n\n${capital(what)}\n\n| client | without us | with us |\n|---|---|---|\n${lines.join('\n')}\n`;
}

function cellText(row: MatrixRow, leg: (typeof LEGS)[number]): string {
  const cell = row[leg];
  if ('failed' in cell) return `not measured: ${cell.failed.slice(0, 80)}`;
  const { answer, executed, again, afterwards } = cell;
  return [
    `${answer.label}; ran ${executed}×`,
    ...(again === undefined ? [] : [`again: ${again.answer.label}; ran ${again.executed}×`]),
    ...(afterwards === 'broken' ? ['then broken'] : []),
  ].join(' · ');
}

function serverTable(servers: readonly NamedServerRow[]): string {
  const lines = servers.map(
    ({ title, how, tools, callsTool, clients, revision, ended }) =>
      `| ${[title, how, tools, callsTool ? 'connect, list, call' : 'connect, list', ...Object.values(clients), revision, ended].join(' | ')} |`,
  );
  const head = ['server', 'runs on', 'tools', 'done', 'SDK v1', 'SDK v2', 'SDK v2 auto', 'revision with auto', 'DELETE / after'];
  return `## Third-party servers behind us, unchanged\n\n| ${head.join(' | ')} |\n|${head.map(() => '---|').join('')}\n${lines.join('\n')}\n`;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
