import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Assets, ImageAsset } from '../../assembly/assets';
import type { NpmPackage } from '../../ecs/npm-package';
import type { ContainerHint, ContainerProperties } from '../../ecs/task-definition';

/**
 * How containers of a further revision run where their images cannot. The template's Metadata says it, and no call of ECS's API
 * has that: it is as in the revision before, but for the version of an npm package, which the new image tells.
 */
export function hintsAfter(
  before: Readonly<Record<string, ContainerHint>>,
  containers: readonly ContainerProperties[],
  assets: Pick<Assets, 'image'>,
): Readonly<Record<string, ContainerHint>> {
  const known = containers.flatMap(({ Name, Image }): [string, ContainerHint][] => {
    const hint = before[Name];
    return hint === undefined ? [] : [[Name, withPackageOf(hint, assets.image(Image))]];
  });
  return Object.fromEntries(known);
}

function withPackageOf({ npm, ...hint }: ContainerHint, image: ImageAsset | undefined): ContainerHint {
  const installed = npm === undefined || image === undefined ? npm : packageIn(image);
  if (installed === undefined) return hint;
  // Of another package nobody says here which executable of it is run; its image's entry point names one.
  return { ...hint, npm: installed.package === npm?.package ? { ...npm, ...installed } : installed };
}

/** The one package that an image installs, by the manifest that the constructs write. */
function packageIn({ folder }: ImageAsset): NpmPackage | undefined {
  try {
    const { dependencies = {}, ...rest } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
      readonly private?: boolean;
      readonly dependencies?: Readonly<Record<string, string>>;
    };
    const [only, ...others] = Object.entries(dependencies);
    if (only === undefined || others.length > 0 || Object.keys(rest).join() !== 'private') return undefined;
    return { package: only[0], version: only[1] };
  } catch {
    // Another image, of a folder of the user's own.
    return undefined;
  }
}
