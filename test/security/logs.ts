import { readFileSync } from 'node:fs';
import { AGENTS } from './town/app';
import type { Town } from './town/town';

/** Shorter texts stand in a log by chance. */
const LEAST = 16;

/** What stands in logs and must not: tokens, secrets, and values of arguments. */
export async function leaksIn(town: Town): Promise<readonly string[]> {
  const logs = town.fleet.account.logFiles().map((file) => readFileSync(file, 'utf8'));
  const tokens = await Promise.all(AGENTS.map((agent) => town.token(agent)));
  const texts = new Map<string, string>([
    ...tokens.map((token, at) => [`the token of ${AGENTS[at]}`, token.split('.')[2] ?? ''] as const),
    ...town.secrets.map((secret, at) => [`secret ${at + 1} of the stack`, secret] as const),
  ]);
  const found = [...texts].filter(([, text]) => text.length >= LEAST && logs.some((log) => log.includes(text))).map(([what]) => what);
  const marks = logs.flatMap((log) => log.match(/.{0,200}\bmark-\d+-\d+\b/g) ?? []);
  return [...found.map((what) => `${what} stands in a log`), ...(marks.length > 0 ? [`an argument stands in a log: ${marks[0]}`] : [])];
}
