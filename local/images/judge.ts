import { NODE_IMAGES, nodeImage } from './base-image';
import { type Dockerfile, type Instruction, type Stage, stageNamed } from './dockerfile';
import { RUNNABLE, runCommands } from './run-commands';
import { execForm } from './words';

/** Instructions that mean nothing to a process: ECS ignores HEALTHCHECK, ports are mapped by the task definition. */
const INERT = ['EXPOSE', 'LABEL', 'MAINTAINER', 'USER', 'HEALTHCHECK'];
const CARRIED_OUT = ['ARG', 'ENV', 'WORKDIR', 'COPY', 'ADD', 'RUN', 'ENTRYPOINT', 'CMD', 'VOLUME'];
/** `--chown` has no meaning without users, `--link` none without layers. */
const COPY_FLAGS = ['from', 'chown', 'chmod', 'link'];
const ARCHIVE = /\.(tar|tgz|txz|tbz2?|tar\.\w+)$/i;
const REMOTE = /^(https?:|git@|git:|ssh:)/i;

/** What is wrong with an instruction. */
export interface Finding {
  readonly instruction: Instruction;
  readonly why: string;
}

/**
 * The stages that a stage is made of, itself last: what others begin with or copy from comes first, and what nobody needs is
 * left out, as Docker does.
 */
export function stagesOf({ stages }: Dockerfile, target: Stage): Stage[] {
  const needed = new Set<Stage>();
  const visit = (stage: Stage): void => {
    if (needed.has(stage)) return;
    const earlier = stages.slice(0, stages.indexOf(stage));
    const sources = [stage.base, ...stage.instructions.map(({ flags }) => flags.find(({ name }) => name === 'from')?.value)];
    for (const source of sources) {
      const other = source === undefined ? undefined : stageNamed(earlier, source);
      if (other) visit(other);
    }
    needed.add(stage);
  };
  visit(target);
  return [...needed];
}

/** Everything in some stages that cannot be done here, before anything is done. */
export function judge(dockerfile: Dockerfile, stages: readonly Stage[], skipsRun: boolean): Finding[] {
  return stages.flatMap((stage) => {
    const earlier = dockerfile.stages.slice(0, dockerfile.stages.indexOf(stage));
    const base =
      stageNamed(earlier, stage.base) || nodeImage(stage.base) ? [] : [`${stage.base} is no Node.js image; those are ${NODE_IMAGES}`];
    return [
      ...base.map((why) => ({ instruction: stage.from, why })),
      ...stage.instructions.flatMap((instruction) => {
        const why = skipsRun && instruction.keyword === 'RUN' ? undefined : findingOf(instruction, earlier);
        return why === undefined ? [] : [{ instruction, why }];
      }),
    ];
  });
}

function findingOf(instruction: Instruction, earlier: readonly Stage[]): string | undefined {
  const { keyword, text } = instruction;
  if (INERT.includes(keyword)) return undefined;
  if (!CARRIED_OUT.includes(keyword)) return 'only Docker can carry it out';
  if (/^(COPY|ADD|RUN)$/.test(keyword) && /<<-?\s*["']?\w/.test(text)) return 'it has a heredoc; put the text into a file and COPY that';
  if (keyword === 'COPY' || keyword === 'ADD') return findingOfCopy(instruction, earlier);
  if (keyword === 'RUN') return findingOfRun(instruction);
  return undefined;
}

function findingOfCopy({ keyword, text, flags }: Instruction, earlier: readonly Stage[]): string | undefined {
  const strange = flags.find(({ name }) => !COPY_FLAGS.includes(name));
  if (strange) return `--${strange.name} is not known here`;
  const mode = flags.find(({ name }) => name === 'chmod')?.value;
  if (mode !== undefined && !/^[0-7]{3,4}$/.test(mode)) return `--chmod is ${mode}; write it as digits, such as 755`;
  const from = flags.find(({ name }) => name === 'from')?.value;
  if (from !== undefined && !stageNamed(earlier, from)) return `it copies from ${from}, which is no earlier stage of this Dockerfile`;
  const words = execForm(text) ?? text.split(/\s+/);
  if (words.length < 2) return 'it names no source and destination';
  if (keyword === 'COPY') return undefined;
  const sources = words.slice(0, -1);
  if (sources.some((source) => REMOTE.test(source))) return 'it downloads; COPY a file';
  return sources.some((source) => ARCHIVE.test(source)) ? 'it unpacks an archive; COPY the files' : undefined;
}

function findingOfRun({ text, flags }: Instruction): string | undefined {
  for (const { name, value } of flags) if (name !== 'mount' || mountOf(value) === undefined) return `--${name}=${value} needs Docker`;
  try {
    // Values do not matter yet: no variable makes a program of the first word.
    runCommands(text, () => 'x');
    return undefined;
  } catch (error) {
    return `${(error as Error).message}; only ${RUNNABLE}`;
  }
}

/** A file of the context that a RUN sees, or a cache, which needs nothing here; undefined for what is neither. */
export function mountOf(flag: string): { readonly source: string; readonly target: string } | 'cache' | undefined {
  const options = Object.fromEntries(flag.split(',').map((option) => option.split(/=(.*)/s, 2) as [string, string]));
  if (options.type === 'cache') return 'cache';
  if ((options.type ?? 'bind') !== 'bind' || options.from !== undefined) return undefined;
  const target = options.target ?? options.dst ?? options.destination;
  return target === undefined ? undefined : { source: options.source ?? options.src ?? '.', target };
}
