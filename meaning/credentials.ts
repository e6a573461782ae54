import { originOf } from './shown';
import { textOf } from './symbolic';
import { listOf, type Members, membersOf } from './told';

/** Secrets that the gateway shows to a server, or gets its tokens by: references by where they are shown, and for whom. */
export function shownToServer(config: Members | undefined): ReadonlyMap<string, string> {
  const credential = membersOf(config?.credential);
  if (credential === undefined) return new Map();
  const { kind, header, tokenUrl, secret, perAgent } = credential;
  const place = kind === 'header' ? `header ${textOf(header)}` : `requests for tokens of ${originOf(textOf(tokenUrl))}`;
  const own = (listOf(perAgent) ?? []).map((agent) => membersOf(agent) ?? {});
  return new Map([
    [place, referenceOf(secret)],
    // Of a header the secret is the agent's member itself.
    ...own.map((agent) => [`${place}, for ${textOf(agent.subject)}`, referenceOf(agent.secret ?? agent)] as const),
  ]);
}

function referenceOf(source: unknown): string {
  const { arn, field } = membersOf(source) ?? {};
  return field === undefined ? textOf(arn) : `${textOf(arn)}:${textOf(field)}::`;
}
