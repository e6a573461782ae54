import { type About, allowedChanges, type Draft, valueChange } from './change';
import type { DeclaredServer, DeclaredTask, HostedServer } from './declared';
import { digestOf, originOf, shownCommand, shownImage } from './shown';

const about = (what: string): About => ({ kind: 'runtime', what });

/** Where a server runs: by the fleet, or somewhere else. */
export function placeChanges(before: DeclaredServer, after: DeclaredServer): Draft[] {
  const ends = { severity: 'breaks', breaks: 'its sessions end' } as const;
  const [had, has] = [runtimeOf(before), runtimeOf(after)];
  if (had === undefined || has === undefined) return [];
  return [...valueChange(about('server runs'), had, has, ends), ...originChanges(before.remoteUrl, after.remoteUrl)];
}

/** Where calls leave the fleet to. Of the URL only its origin is shown. */
export function originChanges(before: string | undefined, after: string | undefined): Draft[] {
  const [had, has] = [before, after].map((url) => (url === undefined ? [] : [originOf(url)])) as [string[], string[]];
  const changes = allowedChanges(about('calls are sent to'), had, has, 'its sessions end');
  if (changes.length > 0 || before === after) return changes;
  return valueChange(about('URL behind its origin'), digestOf(before ?? ''), digestOf(after ?? ''), {
    severity: 'breaks',
    breaks: 'its sessions end',
  });
}

/** What is started, and with what around it. */
export function programChanges(before: HostedServer, after: HostedServer): Draft[] {
  const start = before.runtime === 'http' ? 'server listens at' : 'command of a child';
  return [
    ...imageChanges(before.task, after.task),
    ...(before.runtime === after.runtime ? wordChanges(start, before.start, after.start) : []),
    ...taskChanges(before.task, after.task),
  ];
}

export function taskChanges(before: DeclaredTask, after: DeclaredTask): Draft[] {
  return [
    ...wordChanges('arguments of the image', before.words, after.words),
    ...wordChanges("command on a developer's machine", before.localCommand, after.localCommand),
    ...valueChange(about('health check'), shownCheck(before.healthCheck), shownCheck(after.healthCheck)),
    ...environmentChanges(before.environment, after.environment),
  ];
}

/** A package tells more than the hash of the image that it is installed in. */
export function imageChanges(before: DeclaredTask, after: DeclaredTask): Draft[] {
  const isTold = before.npm !== undefined && after.npm !== undefined;
  const [had, has] = [shownImage(before.image), shownImage(after.image)];
  if (before.npm !== after.npm && (isTold || had !== has)) return valueChange(about('package'), before.npm ?? had, after.npm ?? has);
  return valueChange(about('image'), had, has);
}

function wordChanges(what: string, before: readonly string[], after: readonly string[]): Draft[] {
  if (JSON.stringify(before) === JSON.stringify(after)) return [];
  const [had, has] = [before, after].map((words) => shownCommand(words) || 'none') as [string, string];
  return had === has ? [{ ...about(`${what}: what is not shown of it`), severity: 'changes' }] : valueChange(about(what), had, has);
}

/** Names only: a value may be a secret, whoever wrote it there. */
function environmentChanges(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): Draft[] {
  return [...new Set([...before.keys(), ...after.keys()])]
    .filter((name) => before.get(name) !== after.get(name))
    .map((name): Draft => {
      const had = before.has(name) ? { before: 'set' } : {};
      const has = after.has(name) ? { after: before.has(name) ? 'set to another value' : 'set' } : {};
      return { ...about(`variable ${name}`), severity: 'changes', ...had, ...has };
    });
}

function shownCheck(check: string): string {
  return check === '' ? 'none' : digestOf(check);
}

function runtimeOf({ hosted, remoteUrl }: DeclaredServer): string | undefined {
  if (hosted !== undefined) return hosted.runtime === 'stdio' ? 'in the fleet, on stdio' : 'in the fleet, over HTTP';
  return remoteUrl === undefined ? undefined : 'outside the fleet';
}
