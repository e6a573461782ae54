import type { Template } from '../local/assembly/template';
import type { DeclaredGrant } from './declared';
import { isPlaced, type Located, placeIn, referenceIn, refersTo, resourceOf, resourcesOf } from './resources';
import { textOf } from './symbolic';
import { listOf, membersOf, numberIn } from './told';

/** What construct code grants in one fleet: what its custom resources write into its allowlist. */
export function readGrants(
  template: Template,
  fleet: { readonly path: string | undefined; readonly allowlist: string | undefined },
): readonly DeclaredGrant[] {
  return resourcesOf(template, 'Custom::McpFleetAllowlist')
    .filter((list) =>
      isPlaced(list) && fleet.path !== undefined ? placeIn(fleet.path, list) !== undefined : writesInto(template, list, fleet.allowlist),
    )
    .flatMap(({ properties }) =>
      (listOf(properties.Grants) ?? []).map((grant) => {
        const { Server, Tools, ExpiresAt } = membersOf(grant) ?? {};
        return {
          agent: textOf(properties.Name),
          server: textOf(Server),
          tools: (listOf(Tools) ?? []).map(textOf),
          expiresAt: numberIn(ExpiresAt) ?? Number.POSITIVE_INFINITY,
        };
      }),
    );
}

/** Without construct paths, the function behind a list tells whose it is. */
function writesInto(template: Template, { properties }: Located, allowlist: string | undefined): boolean {
  const sync = resourceOf(template, referenceIn(properties.ServiceToken));
  return allowlist === undefined || refersTo(sync?.properties.Environment, allowlist);
}
