import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { type NetworkApp, networkApps } from '../networks/apps';
import { countsOf, type Effect, effectsOfRemovals, effectsOfWidenings, wrongLinks } from '../networks/computed';
import { playRemovals } from '../networks/played';
import type { Scene } from './scene';

/** Who may open a connection to whom: computed from templates of each edge, with every rule taken away; and seen in a running account. */
export const networks: Scene = async (given) => {
  const { steps, say, scratch } = given;
  const folder = join(scratch, 'apps');
  const apps = await steps.take('three fleets, one behind each edge, are synthesized', async () => networkApps(folder));
  let [removed, widened] = [0, 0];
  for (const app of apps) {
    await steps.take(`${app.name}: what is needed is open, and what is forbidden is not (${countsOf(app.stacks)})`, async () => {
      const wrong = wrongLinks(app.stacks);
      if (wrong.length > 0) throw new Error(`They are not as they should be: ${wrong.join(', ')}.`);
    });
    removed += await takeAway(app, given);
    widened += await steps.take(`${app.name}: each group that is opened to the world opens a forbidden link`, async () =>
      told(effectsOfWidenings(app), say),
    );
  }
  rmSync(folder, { recursive: true, force: true });
  const played = await playRemovals(given);
  return [
    `${removed} rules and routes removed, each breaks a link; ${widened} opened, each opens one`,
    `${played} removals seen in a running account`,
  ];
};

/** A rule of the fleet's that nobody needs is one too many; a company may have routes that the fleet does not need. */
async function takeAway(app: NetworkApp, { steps, say }: Parameters<Scene>[0]): Promise<number> {
  return await steps.take(`${app.name}: each rule, route, endpoint and listener that is taken away breaks a needed link`, async () =>
    told(effectsOfRemovals(app), say),
  );
}

/** @returns how many have an effect. @throws Error for one of the fleet's that has none */
function told(effects: readonly Effect[], say: (line: string) => void): number {
  for (const { mutation, links } of effects) say(`    ${mutation.what}: ${shortened(links)}`);
  const idle = effects.filter(({ links, isOfFleet }) => links.length === 0 && isOfFleet);
  if (idle.length > 0) throw new Error(`No link is another for it: ${idle.map(({ mutation }) => mutation.what).join(', ')}.`);
  return effects.filter(({ links }) => links.length > 0).length;
}

function shortened([first, ...others]: readonly string[]): string {
  if (first === undefined) return 'no link of the fleet; it is the company’s own';
  return others.length === 0 ? first : `${first}, and ${others.length} more`;
}
