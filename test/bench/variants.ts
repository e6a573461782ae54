import type { Node } from './node';
import { kindOf, type TargetName } from './targets/targets';

/** A target on one Node, and of one build where it is of this project. */
export interface Variant {
  /** The target's own name, and what sets it apart where there are several. */
  readonly name: string;
  readonly target: TargetName;
  /** File of the Node. */
  readonly node: string;
  readonly nodeFlags?: readonly string[];
  /** Folder with the programs of this project. */
  readonly dist: string;
}

/** A build of this project. */
export interface Build {
  /** For the names of targets; empty for this one. */
  readonly name: string;
  readonly dist: string;
}

/** Every target on every Node and of every build that makes a difference to it. */
export function variantsOf(targets: readonly TargetName[], nodes: readonly Node[], builds: readonly Build[]): readonly Variant[] {
  return targets.flatMap((target) => {
    const { runs } = kindOf(target);
    const onNodes = runs === undefined ? nodes.slice(0, 1) : nodes;
    const ofBuilds = runs === 'ours' ? builds : builds.slice(0, 1);
    return onNodes.flatMap((node) =>
      ofBuilds.map((build) => {
        const marks = [...(onNodes.length > 1 ? [node.name.split('.', 1)[0]] : []), ...(build.name === '' ? [] : [build.name])];
        return { name: [target, ...marks].join('@'), target, node: node.file, dist: build.dist };
      }),
    );
  });
}
