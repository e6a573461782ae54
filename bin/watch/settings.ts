import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What `cdk.json` says about watching. */
export interface WatchSettings {
  /** Glob patterns, relative to its folder; everything when absent. */
  readonly include?: readonly string[];
  readonly exclude?: readonly string[];
  /** Where `cdk synth` writes. */
  readonly output?: string;
}

/** What cannot be read is for the CDK to complain of. */
export function readWatchSettings(folder: string): WatchSettings {
  const path = join(folder, 'cdk.json');
  if (!existsSync(path)) return {};
  try {
    const { watch = {}, output } = JSON.parse(readFileSync(path, 'utf8')) as {
      watch?: { include?: Patterns; exclude?: Patterns };
      output?: string;
    };
    return {
      ...(watch.include !== undefined && { include: [watch.include].flat() }),
      ...(watch.exclude !== undefined && { exclude: [watch.exclude].flat() }),
      ...(typeof output === 'string' && { output }),
    };
  } catch {
    return {};
  }
}

type Patterns = string | string[];
