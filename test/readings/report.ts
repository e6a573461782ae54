import type { CampaignResult } from './campaign';
import { isResponse } from './clients/messages';
import type { Finding } from './finding';
import { deviations, type Observation, PROPERTIES, type PropertyName, shown, type Violation } from './properties/observation';

const SHOWN_FINDINGS = 60;

/** Lines for people. */
export function describe(result: CampaignResult): string[] {
  const { findings, passing, uncovered } = result;
  return [
    ...findings.slice(0, SHOWN_FINDINGS).map(describeFinding),
    ...(findings.length > SHOWN_FINDINGS ? [`… and ${findings.length - SHOWN_FINDINGS} more kinds of failure`] : []),
    ...passing
      .slice(0, 10)
      .map(
        ({ subject, violation }) =>
          `? once, among others: --case ${subject.index} (${deviations(subject).join(' ')}): ${violation.property}: ${violation.detail}`,
      ),
    ...(uncovered.length > 0 ? [`never occurred: ${uncovered.join(', ')}`] : []),
  ];
}

function describeFinding({ property, detail, subject, shrunk, alike }: Finding): string {
  const bases = ['server', 'client', 'era', 'tool', 'message'].map((name) => shrunk.values[name]).join(' ');
  const odd = deviations(shrunk).join(' ') || 'nothing odd';
  return `✘ ${property}: ${odd}  [${bases}; ${alike} alike]\n    ${detail}\n    --seed ${subject.seed} --case ${subject.index}`;
}

export function describeViolation({ property, detail }: Violation): string {
  return `✘ ${property} (${PROPERTIES[property]}): ${detail}`;
}

/** Both ways of one case. */
export function describeCase(observation: Observation): string {
  const { subject, direct, fleet, directDeeds, fleetDeeds, rows } = observation;
  const side = (name: string, leg: Observation['direct'], deeds: Observation['directDeeds']) =>
    [
      `${name}:`,
      ...leg.sent.flatMap(({ text, answer, messages }) => [
        `  sent      ${text.slice(0, 600)}`,
        `  answered  ${answer.status} (${answer.end}) ${answer.headers
          .map(([header, value]) => `${header}: ${value}`)
          .join('; ')
          .slice(0, 400)}`,
        `            ${answer.body.toString().slice(0, 1_000)}`,
        `  read as   ${messages.map((message) => `${isResponse(message) ? 'response' : 'message'} ${shown(message)}`).join(' | ')}`,
      ]),
      ...leg.heard.map((message) => `  on GET    ${shown(message)}`),
      ...leg.troubles.map((trouble) => `  trouble   ${trouble}`),
      ...deeds.map(({ what, name: deed, args }) => `  server    ${what} ${deed.slice(0, 80)} ${args === undefined ? '' : shown(args)}`),
    ].join('\n');
  return [
    `case ${subject.index} of seed ${subject.seed}: ${Object.entries(subject.values)
      .map(([name, value]) => `${name}=${value}`)
      .join(' ')}`,
    side('directly', direct, directDeeds),
    side('through us', fleet, fleetDeeds),
    ...rows.map(
      ({ tool, state, reason, arguments: args, callId }) =>
        `  row       ${tool.slice(0, 80)} ${state} ${reason ?? ''} ${shown(args)} ${callId}`,
    ),
  ].join('\n');
}

/** For the last line: each a few words with their figures. */
export function factsOf(result: CampaignResult): string[] {
  const { executions, findings, passing, uncovered, failing, silences, seconds, playedSeconds } = result;
  const failed = (Object.keys(PROPERTIES) as PropertyName[]).filter((name) => failing[name] > 0).map((name) => `${name} ${failing[name]}`);
  return [
    `${executions} executions through us`,
    `${findings.length} kinds of failure${failed.length === 0 ? '' : ` (${failed.join(', ')})`}`,
    `${passing.length} once`,
    `${silences} silences`,
    `${valuesIn(result)} values, ${uncovered.length} never`,
    ...(seconds > playedSeconds ? [`played in ${playedSeconds} s`] : []),
  ];
}

/** What `--json` prints. */
export function documentOf({ findings, ...result }: CampaignResult): object {
  return {
    ...result,
    findings: findings.map(({ property, detail, subject, shrunk, alike }) => ({
      property,
      detail,
      seed: subject.seed,
      case: subject.index,
      values: shrunk.values,
      alike,
    })),
  };
}

function valuesIn({ covered }: CampaignResult): number {
  return Object.values(covered).reduce((sum, values) => sum + Object.keys(values).length, 0);
}
