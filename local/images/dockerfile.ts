import { readFileSync } from 'node:fs';
import { type Copy, DockerfileParser, type Instruction as Parsed } from 'dockerfile-ast';
import { expand, type Lookup, splitWords } from './words';

/** One instruction, on one line. */
export interface Instruction {
  /** In capitals. */
  readonly keyword: string;
  /** Where it begins, counted from 1. */
  readonly line: number;
  readonly flags: readonly Flag[];
  /** What follows the keyword and its flags: continued lines joined, comments between them left out. */
  readonly text: string;
}

export interface Flag {
  readonly name: string;
  readonly value: string;
}

/** What stands from one FROM to the next. */
export interface Stage {
  /** Lower case, as Docker compares them; its number where it has no name. */
  readonly name: string;
  readonly from: Instruction;
  /** What it begins with: an image, or the name of an earlier stage. */
  readonly base: string;
  readonly instructions: readonly Instruction[];
}

export interface Dockerfile {
  readonly path: string;
  readonly stages: readonly Stage[];
  /** Values of the ARGs before the first FROM. */
  readonly globals: ReadonlyMap<string, string>;
}

const ARCHITECTURES: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64' };

/** What Docker says of the machine that builds and the one that it builds for: both are this one. */
export const PLATFORM: ReadonlyMap<string, string> = new Map(
  ['BUILD', 'TARGET'].flatMap((side) => {
    const architecture = ARCHITECTURES[process.arch] ?? process.arch;
    return [
      [`${side}PLATFORM`, `linux/${architecture}`],
      [`${side}OS`, 'linux'],
      [`${side}ARCH`, architecture],
    ] as [string, string][];
  }),
);

/**
 * Reads a Dockerfile.
 * @param buildArguments values that take the place of those of its ARGs
 * @throws Error for a variable that it cannot replace
 */
export function readDockerfile(path: string, buildArguments: Readonly<Record<string, string>>): Dockerfile {
  const parsed = DockerfileParser.parse(readFileSync(path, 'utf8'));
  const instructions = parsed.getInstructions().map((instruction) => read(instruction, parsed.getEscapeCharacter()));
  const globals = new Map<string, string>();
  const stages: (Stage & { instructions: Instruction[] })[] = [];
  for (const instruction of instructions) {
    const lookup: Lookup = (name) => globals.get(name) ?? PLATFORM.get(name);
    if (instruction.keyword === 'FROM') {
      const [base = '', as, name] = splitWords(instruction.text).map((word) => expand(word, lookup));
      const isNamed = as?.toLowerCase() === 'as' && name !== undefined;
      stages.push({ name: isNamed ? name.toLowerCase() : String(stages.length), from: instruction, base, instructions: [] });
    } else if (stages.length > 0) stages.at(-1)?.instructions.push(instruction);
    else if (instruction.keyword === 'ARG')
      for (const [name, value] of argumentsOf(instruction, lookup, buildArguments)) globals.set(name, value);
  }
  return { path, stages, globals };
}

/** The values of an ARG: what is given for it, else its default; none for a name that has neither. */
export function argumentsOf({ text }: Instruction, lookup: Lookup, given: Readonly<Record<string, string>>): [string, string][] {
  return splitWords(text).flatMap((word): [string, string][] => {
    const [, name = '', value] = /^(\w+)(?:=(.*))?$/s.exec(word) ?? [];
    if (given[name] !== undefined) return [[name, given[name]]];
    if (value !== undefined) return [[name, expand(value, lookup)]];
    const inherited = lookup(name);
    return inherited === undefined ? [] : [[name, inherited]];
  });
}

/** The stage that a name or number means to the stages after it. */
export function stageNamed(stages: readonly Stage[], name: string): Stage | undefined {
  return stages.findLast((stage) => stage.name === name.toLowerCase()) ?? (/^\d+$/.test(name) ? stages[Number(name)] : undefined);
}

function read(instruction: Parsed, escapeCharacter: string): Instruction {
  const flags = 'getFlags' in instruction ? (instruction as Copy).getFlags() : [];
  return {
    keyword: instruction.getKeyword(),
    line: instruction.getRange().start.line + 1,
    flags: flags.map((flag) => ({ name: flag.getName(), value: flag.getValue() ?? '' })),
    text: onOneLine(instruction.getRawArgumentsContent() ?? '', escapeCharacter),
  };
}

/** Joins continued lines. A heredoc, whose lines are no continuation, keeps its first one, by which it is known. */
function onOneLine(raw: string, escapeCharacter: string): string {
  const [first = '', ...others] = raw.split('\n');
  const lines = [first, ...others.filter((line) => !/^\s*(#|$)/.test(line))];
  const joined: string[] = [];
  for (const line of lines) {
    const trimmed = line.trimEnd();
    joined.push(trimmed.endsWith(escapeCharacter) ? trimmed.slice(0, -1) : trimmed);
    if (!trimmed.endsWith(escapeCharacter)) break;
  }
  return joined.join('').trim();
}
