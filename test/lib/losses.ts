import type { Template } from '../../local/assembly/template';
import { isStateful } from '../../local/cloudformation/replacements';
import { changesBetween } from '../../local/cloudformation/template-changes';

/** What an update would do to resources that hold data, in words: none of them may be replaced, or leave the stack on its own. */
export function lossesOf(before: Template, after: Template): string[] {
  const changes = changesBetween(before, after);
  const stateful = (ids: ReadonlySet<string>) => [...ids].filter((id) => isStateful(before.Resources[id]?.Type ?? ''));
  return [
    ...stateful(changes.retyped).map((id) => `${id} becomes something else`),
    ...stateful(changes.replaced).map((id) => `${id} is replaced`),
    ...stateful(changes.mayBeReplaced).map((id) => `${id} may be replaced`),
    ...stateful(changes.removed)
      .filter((id) => !wentWithItsServer(id, before, after) && !wentWithItsContainer(id, before))
      .map((id) => `${id} is removed`),
  ];
}

/** The key and the logs of a server that is no longer there, or that the fleet no longer runs. */
function wentWithItsServer(id: string, before: Template, after: Template): boolean {
  const server = pathOf(before, id).match(/^[^/]+\/[^/]+\/[^/]+\/(?=(SidecarKey|Logs)\/)/)?.[0];
  return server !== undefined && !Object.keys(after.Resources).some((other) => pathOf(after, other).startsWith(`${server}Service/`));
}

/** What a server in a container of its own has printed stays where it is, when the server runs otherwise. */
function wentWithItsContainer(id: string, before: Template): boolean {
  return /\/ServerLogs\//.test(pathOf(before, id)) && /^Retain/.test(before.Resources[id]?.DeletionPolicy ?? '');
}

function pathOf({ Resources }: Template, id: string): string {
  return String(Resources[id]?.Metadata?.['aws:cdk:path']);
}
