import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { SizeRoundingBehavior } from 'aws-cdk-lib';
import { RUNTIME_PORT } from '../core/fleet-config';
import { authorityProblems } from './certificate-authorities';
import { installedBins } from './installed-package';
import { lockProblems } from './npm-lock';
import { absoluteUrl, matching, type Problem, wholeNumber } from './problems';
import { npmOrigin } from './server-image';
import type { HttpRuntimeProps, RuntimeSpec, StdioRuntimeProps } from './server-runtime';

/** https://semver.org, without build metadata: what `npm install name@version` pins. */
const EXACT_VERSION = /^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?$/;
const PACKAGE_NAME = /^(@[a-z0-9~-][a-z0-9._~-]*\/)?[a-z0-9~-][a-z0-9._~-]*$/;

/** Connections that each replica opens to a remote server ahead of need, at most: they are somebody else's, and opened anew every ten seconds. */
const MAX_AHEAD = 10;

/** What is wrong with a runtime as it was declared. */
export function runtimeProblems(spec: RuntimeSpec): Problem[] {
  switch (spec.kind) {
    case 'http':
      return [...httpProblems(spec), ...(spec.credential?._problems ?? [])];
    case 'stdio':
      return stdioProblems(spec);
    case 'remote':
      return [
        ...absoluteUrl('runtime url', spec.url, ['https:'], 'Calls to a remote server leave the VPC: they need TLS.'),
        ...authorityProblems(spec.certificateAuthorities),
        ...wholeNumber('runtime warm', spec.warm, 0, MAX_AHEAD, 'It is how many connections a replica keeps open: 0 keeps none.'),
        ...(spec.credential?._problems ?? []),
      ];
  }
}

function httpProblems(spec: HttpRuntimeProps): Problem[] {
  const { image, package: name, directory, port, path, args } = spec;
  const sources = Object.entries({ image, package: name, directory }).filter(([, value]) => value !== undefined);
  const problems = [
    ...wholeNumber('runtime port', port, 1, 65535, 'Write the port on which the server listens.'),
    ...matching(
      'runtime path',
      path,
      /^\/[^?#\s]*$/,
      'a path that starts with / and has no query',
      "Write the path of the server's MCP endpoint.",
    ),
    ...npmProblems(spec),
    ...binProblems(spec),
    ...commandProblems('runtime args', args),
    ...commandProblems('runtime localCommand', spec.localCommand, 1),
  ];
  if (port === RUNTIME_PORT) {
    const allowed = `any port but ${RUNTIME_PORT}`;
    problems.push({
      what: 'runtime port',
      got: port,
      allowed,
      fix: 'The sidecar of the same task has it: let the server listen elsewhere.',
    });
  }
  if (sources.length !== 1) {
    const got = sources.map(([key]) => key);
    problems.push({ what: 'runtime source', got, allowed: 'exactly one of image, package and directory', fix: 'Name one.' });
  }
  if (directory !== undefined && !existsSync(join(directory, 'Dockerfile'))) {
    const fix = 'Name a folder relative to the working directory, or an absolute one.';
    problems.push({ what: 'runtime directory', got: directory, allowed: 'a folder that holds a Dockerfile', fix });
  }
  return problems;
}

function stdioProblems(spec: StdioRuntimeProps): Problem[] {
  const { package: name, directory, command, args, childMemory } = spec;
  const problems = [...npmProblems(spec), ...commandProblems('runtime args', args)];
  if ((name === undefined) === (directory === undefined)) {
    const got = [name !== undefined && 'package', directory !== undefined && 'directory'].filter(Boolean);
    problems.push({ what: 'runtime source', got, allowed: 'exactly one of package and directory', fix: 'Name one.' });
  }
  if (directory !== undefined && command === undefined) {
    const allowed = 'a command beside a directory';
    problems.push({ what: 'runtime command', got: command, allowed, fix: "Write the command that starts the directory's program." });
  }
  if (command !== undefined && args !== undefined) {
    problems.push({ what: 'runtime args', got: args, allowed: 'nothing beside a command', fix: 'Put them into the command.' });
  }
  if (directory !== undefined && !existsSync(directory)) {
    problems.push({
      what: 'runtime directory',
      got: directory,
      allowed: 'a folder that exists',
      fix: 'Build the program first, or correct the path.',
    });
  }
  const child = childMemory?.toMebibytes({ rounding: SizeRoundingBehavior.NONE });
  const limit = spec.childMemoryLimit?.toMebibytes({ rounding: SizeRoundingBehavior.NONE });
  return [
    ...problems,
    ...(command === undefined ? binProblems(spec) : []),
    ...commandProblems('runtime command', command, 1),
    ...commandProblems('runtime localCommand', spec.localCommand, 1),
    ...wholeNumber('runtime childProcesses', spec.childProcesses, 16, 30_000, 'A Node.js program alone has about a dozen threads.'),
    ...wholeNumber(
      'runtime childMemoryLimit',
      limit,
      child ?? 1,
      122_880,
      'It is counted in MiB, and is not below what a child needs (childMemory).',
    ),
    ...wholeNumber('runtime childMemory', child, 1, 122_880, 'It is counted in MiB: write what one child takes when it is busy.'),
  ];
}

function npmProblems({ package: name, version, bin, lockFile }: HttpRuntimeProps | StdioRuntimeProps): Problem[] {
  const problems = [
    ...(lockFile === undefined ? [] : lockProblems(lockFile, name ?? '', version ?? '')),
    ...matching('runtime package', name, PACKAGE_NAME, 'the name of an npm package', 'Put the version into version.'),
    ...matching(
      'runtime version',
      version,
      EXACT_VERSION,
      'an exact version such as 1.2.3',
      'Pin it: a range lets two instances run different code.',
    ),
    ...matching('runtime bin', bin, /^[\w.-]+$/, 'the name of an executable', "Look under `bin` in the package's package.json."),
  ];
  if ((name === undefined) !== (version === undefined)) {
    problems.push({
      what: 'runtime version',
      got: version,
      allowed: 'a version beside a package, and only there',
      fix: 'Give both or neither.',
    });
  }
  return problems;
}

/** The executable of a package that is installed beside the app; of any other, the installation tells. */
function binProblems(spec: HttpRuntimeProps | StdioRuntimeProps): Problem[] {
  const npm = npmOrigin(spec);
  const bins = npm && installedBins(npm.package, npm.version);
  if (npm === undefined || bins === undefined || bins.includes(npm.bin)) return [];
  const allowed =
    bins.length === 0 ? 'a package with an executable; this one has none' : `an executable of the package: ${bins.join(', ')}`;
  return [{ what: 'runtime bin', got: npm.bin, allowed, fix: 'Without `bin`, it is the name of the package without its scope.' }];
}

function commandProblems(what: string, command: string[] | undefined, least = 0): Problem[] {
  if (command === undefined || command.length >= least) return [];
  return [{ what, got: command, allowed: `a list of at least ${least} words`, fix: 'Write the program and its arguments, one word each.' }];
}
