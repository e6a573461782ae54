import { matching, type Problem } from './problems';
import type { AddServerProps } from './server-props';
import type { RuntimeSpec } from './server-runtime';

const VARIABLE = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** Set in every container of the fleet, by us or by ECS; with another value nothing would find the other. */
const TAKEN = /^(PORT|MCP_FLEET_.*|ECS_AGENT_URI|ECS_CONTAINER_METADATA_URI(_V4)?|AWS_CONTAINER_CREDENTIALS_RELATIVE_URI)$/;

/**
 * What the sidecar itself would obey in the container that it shares with a stdio server's children: they load code into it, take it
 * from its address, or make it write what it reads. What only adds to whom TLS trusts, or tunes memory, does it no harm: the sidecar
 * speaks no TLS.
 */
const SIDECARS_OWN =
  /^(HOST|NODE_OPTIONS|NODE_PATH|NODE_DEBUG(_NATIVE)?|NODE_V8_COVERAGE|NODE_REDIRECT_WARNINGS|NODE_COMPILE_CACHE|NODE_ICU_DATA|NODE_USE_ENV_PROXY|LD_.*|GLIBC_TUNABLES|OPENSSL_(CONF|MODULES|ENGINES))$/;

/** What is wrong with the variables of a server, secret ones included. Their values are never told. */
export function environmentProblems({ runtime, environment, secrets }: AddServerProps): Problem[] {
  const names = [...Object.keys(environment ?? {}), ...(secrets ?? []).map((secret) => secret.name)];
  const twice = new Set(names.filter((name, at) => names.indexOf(name) !== at));
  return [
    ...names.flatMap((name) => matching('environment name', name, VARIABLE, 'letters, digits and _, no digit first', 'Rename it.')),
    ...[...twice].map((got) => problem(got, 'each name once', 'It stands twice in environment and secrets: rename one.')),
    ...names.flatMap((name) => meaningProblems(name, runtime._spec)),
  ];
}

/** Names that mean something to more than the server. */
function meaningProblems(name: string, spec: RuntimeSpec): Problem[] {
  if (TAKEN.test(name)) return [problem(name, 'names that the fleet does not set itself', 'Rename it.')];
  if (name === 'PATH' && !(spec.kind === 'http' && spec.image !== undefined)) {
    return [problem(name, "any name but PATH: it would replace the image's, by which the program is found", pathFix(spec))];
  }
  if (spec.kind !== 'stdio' || !SIDECARS_OWN.test(name)) return [];
  const allowed = "names that the sidecar does not obey itself: a stdio server's children share its container";
  return [problem(name, allowed, `Give it to the children alone, by a command: ['env', '${name}=…', 'node', 'server/index.js'].`)];
}

function pathFix(spec: RuntimeSpec): string {
  if (spec.kind === 'http' && spec.directory !== undefined) return 'Write ENV PATH=…:$PATH into the Dockerfile: ECS fills no $PATH in.';
  return 'Leave it out: what an npm package installs is on it. A program elsewhere is named by its whole path.';
}

function problem(got: string, allowed: string, fix: string): Problem {
  return { what: 'environment name', got, allowed, fix };
}
