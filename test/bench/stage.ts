import { join } from 'node:path';
import type { Ports } from '../../local/processes/ports';
import { type Authority, openAuthority } from '../suites/authority';
import type { PackageCache } from '../suites/package-cache';
import { Generator } from './generator/generator';
import type { UpstreamName } from './loads';
import { type Served, serve } from './process';
import { Absent, type Surroundings, type Target } from './targets/target';
import { kindOf } from './targets/targets';
import type { Variant } from './variants';

export interface StageParts {
  readonly scratch: string;
  /** Folder with the bench's own programs, bundled. */
  readonly programs: string;
  readonly packages: PackageCache | undefined;
  readonly ports: Ports;
  readonly say: (line: string) => void;
}

/** A server, everything that is to stand before it, and who makes the calls. */
export interface BenchStage {
  readonly targets: readonly StagedTarget[];
  readonly generator: Generator;
  readonly upstream: Served;
  readonly tables: Served;
  /** What a further target of it is started with. */
  surroundings(variant: Variant): Surroundings;
  stop(): Promise<void>;
}

export interface StagedTarget extends Target {
  readonly variant: Variant;
}

/** Starts everything; what of others is not on this machine is said and left out. */
export async function openStage(upstreamName: UpstreamName, variants: readonly Variant[], parts: StageParts): Promise<BenchStage> {
  const { scratch, programs, ports, say } = parts;
  const running: { stop(): Promise<void> }[] = [];
  const stop = async () => {
    for (const part of running.reverse()) await part.stop();
  };
  try {
    const authority: Authority = await openAuthority('RS256');
    running.push(authority);
    const program = async (name: string, env: Readonly<Record<string, string>> = {}) => {
      const command = [process.execPath, join(programs, `${name}.js`)] as const;
      const served = await serve({ name, command, port: await ports.take(), env, log: join(scratch, `${name}.log`) });
      running.push(served);
      return served;
    };
    const upstream = await openUpstream(upstreamName, program);
    const tables = await program('tables');
    const surroundings = (variant: Variant): Surroundings => ({
      ...parts,
      ...variant,
      authority,
      upstream: upstream.port,
      tables: tables.port,
    });
    const targets: StagedTarget[] = [];
    for (const variant of variants) {
      const target = await kindOf(variant.target)
        .start(surroundings(variant))
        .catch((error: Error) => {
          if (!(error instanceof Absent)) throw error;
          say(`  ${variant.name} is left out: ${error.message}`);
        });
      if (target === undefined) continue;
      running.push(target);
      targets.push({ ...target, variant });
    }
    const generator = new Generator(join(programs, 'generator.js'));
    running.push(generator);
    return { targets, generator, upstream, tables, surroundings, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function openUpstream(name: UpstreamName, program: (name: string, env?: Record<string, string>) => Promise<Served>): Promise<Served> {
  return name === 'instant-sse' ? program('instant', { FORM: 'sse' }) : program(name);
}
