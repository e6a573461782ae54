import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { PackageCache } from '../suites/package-cache';
import { ROOT } from '../suites/root';

/** A Node that programs run on. */
export interface Node {
  /** For the names of targets. */
  readonly name: string;
  readonly file: string;
}

export const NODE_NAMES = ['this', 'deployed'] as const;
export type NodeName = (typeof NODE_NAMES)[number];

/** The one that runs the bench, or the one of the images. @throws Error where there is no package with that one */
export function nodeOf(name: NodeName, packages: PackageCache | undefined): Node {
  const own = { name: process.versions.node, file: process.execPath };
  const deployed = deployedMajor();
  if (name === 'this' || own.name.startsWith(`${deployed}.`)) return own;
  const folder = `node-${process.platform}-${process.arch}`;
  const file = packages?.locate(join(folder, 'bin/node'));
  if (packages === undefined || file === undefined || !existsSync(file)) {
    throw new Error(
      `Node ${deployed}, which is deployed, is not here for ${process.platform}-${process.arch}: run this on it, or with --node this.`,
    );
  }
  const version = packages.version(folder);
  if (!version.startsWith(`${deployed}.`)) throw new Error(`test/bench/packages has Node ${version}; the images have ${deployed}.`);
  return { name: version, file };
}

function deployedMajor(): string {
  const [, major] = /^FROM \S*node:(\d+)/m.exec(readFileSync(join(ROOT, 'build/images/Dockerfile'), 'utf8')) ?? [];
  if (major === undefined) throw new Error('build/images/Dockerfile is not FROM a Node of which it names the version');
  return major;
}
