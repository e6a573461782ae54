import type { Paint } from '../core/paint';
import type { AgentNames } from '../local/logs/agent-names';
import { plain } from './terminal';

/** One line of a program, as the local account keeps it. */
export interface LoggedLine {
  /** When it was written, ISO 8601. */
  readonly time: string;
  readonly role: string;
  readonly server?: string;
  /** Short id of the task, or name of the function. */
  readonly source: string;
  readonly text: string;
  /** Name in construct code of the agent that the line is about, where it is known; in the text is its id. */
  readonly agentName?: string;
}

/** A line with the name of its agent. */
export function named(line: LoggedLine, names: AgentNames): LoggedLine {
  const id = line.text.includes('"agent"') ? fieldsOf(line.text)?.agent : undefined;
  const agentName = typeof id === 'string' ? names.get(id) : undefined;
  return agentName === undefined ? line : { ...line, agentName };
}

/** Whether a line is one of those that are asked for. */
export function saidBy({ role, server, source }: LoggedLine, asked: string | undefined, name: string | undefined): boolean {
  if (asked === undefined) return true;
  const isIt = asked === 'gateway' || asked === 'lambda' ? role === asked : server === asked;
  return isIt && (name === undefined || source.toLowerCase().includes(name.toLowerCase()));
}

/** A line of the embedded metric format is for CloudWatch, not for people. */
export function isMetric({ text }: LoggedLine): boolean {
  return text.startsWith('{') && text.includes('"_aws"');
}

/** Said in front of the line already, or the same on every line. */
const LEFT_OUT = ['time', 'level', 'event', 'message', 'role', 'server', 'pid', 'hostname'];

/** A line for people: when, who, how bad, what happened, and its facts. */
export function logLine(line: LoggedLine, paint: Paint): string {
  const { level = '', what, facts } = partsOf(line);
  const who = [line.server ?? line.role, line.server === undefined ? '' : line.role, line.source].filter(Boolean).join(' ');
  const cells = [paint.dim(line.time.slice(11, 23)), who.padEnd(34), tint(level, paint), what];
  return `${cells.filter(Boolean).join('  ')}${facts === '' ? '' : `  ${paint.dim(facts)}`}`;
}

/** What a line says, for people: its event and facts where it is a JSON object. */
export function laidOut(text: string): string {
  const { level, what, facts } = partsOf({ text });
  return [level, what, facts].filter(Boolean).join('  ');
}

function partsOf({ text, agentName }: Pick<LoggedLine, 'text' | 'agentName'>): { level?: string; what: string; facts: string } {
  const fields = fieldsOf(text);
  if (fields === undefined) return { what: plain(text), facts: '' };
  const { level, event, message } = fields;
  const what = [event, message].filter((part) => part !== undefined).map(String);
  const shown = agentName === undefined ? fields : { ...fields, agent: agentName };
  const facts = Object.entries(shown).filter(([name]) => !LEFT_OUT.includes(name));
  return {
    ...(typeof level === 'string' && { level }),
    what: plain(what.join(': ') || text),
    facts:
      what.length === 0
        ? ''
        : facts.map(([name, value]) => plain(`${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`)).join(' '),
  };
}

function fieldsOf(text: string): Readonly<Record<string, unknown>> | undefined {
  if (!text.startsWith('{')) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function tint(level: string, paint: Paint): string {
  const word = level.padEnd(5);
  if (level === 'error' || level === 'fatal') return paint.red(word);
  return level === 'warn' ? paint.yellow(word) : word.trim() && paint.dim(word);
}
