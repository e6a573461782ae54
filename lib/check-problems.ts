import { expressionProblem } from '../core/reconcile';
import { type ExecutionsProbe, MARK, type ProbeCall, type ServerChecks, type WriteProbe } from '../core/server-checks';
import type { Problem } from './problems';
import { asProperty } from './tool-names';
import type { ToolPolicy } from './tool-policy';

type Tools = Readonly<Record<string, ToolPolicy>>;

/** What is wrong with the calls that the checks may make. A call that cannot prove anything would be worse than none. */
export function checkProblems(checks: ServerChecks = {}, tools: Tools = {}): Problem[] {
  const { read, write, lasting, failing, leak } = checks;
  return [
    ...(read === undefined ? [] : [...readProblems('checks.read', read, tools), ...expression('checks.read.expect', read.expect)]),
    ...(write === undefined ? [] : writeProblems('checks.write', write, tools)),
    ...(lasting === undefined ? [] : writeProblems('checks.lasting', lasting, tools)),
    ...(failing === undefined ? [] : jsonProblems('checks.failing', failing)),
    ...(leak === undefined ? [] : [...readProblems('checks.leak', leak, tools), ...expression('checks.leak.expect', leak.expect)]),
  ];
}

/** A call that is made as often as the checks like changes nothing. */
function readProblems(what: string, probe: ProbeCall, tools: Tools): Problem[] {
  if (effectOf(tools, probe.tool) === 'read_only') return jsonProblems(what, probe);
  const fix = `Declare it: tools: { ${asProperty(probe.tool)}: ToolPolicy.readOnly() }, if it changes nothing.`;
  return [
    { what: `${what}.tool`, got: probe.tool, allowed: 'a tool of this server that is declared read-only', fix },
    ...jsonProblems(what, probe),
  ];
}

function writeProblems(what: string, probe: WriteProbe, tools: Tools): Problem[] {
  const problems = [...jsonProblems(what, probe), ...marked(what, probe)];
  if (effectOf(tools, probe.tool) === 'read_only') {
    const fix = 'Name a tool that changes something: what only reads may be executed twice.';
    problems.push({ what: `${what}.tool`, got: probe.tool, allowed: 'a tool that is not declared read-only', fix });
  }
  return [...problems, ...executionsProblems(`${what}.executions`, probe.executions, tools)];
}

function executionsProblems(what: string, probe: ExecutionsProbe, tools: Tools): Problem[] {
  return [...readProblems(what, probe, tools), ...marked(what, probe), ...expression(`${what}.count`, probe.count)];
}

/** Without a mark one call could not be told from another. */
function marked(what: string, { arguments: args }: ProbeCall): Problem[] {
  if (JSON.stringify(args ?? {}).includes(MARK)) return [];
  const fix = `Put ${MARK} into a text of them, such as a reference: it stands for a word that is new in each call.`;
  return [{ what: `${what}.arguments`, got: args, allowed: `an object that holds ${MARK} in a text`, fix }];
}

function jsonProblems(what: string, { arguments: args }: ProbeCall): Problem[] {
  if (args === undefined || (typeof args === 'object' && args !== null && !Array.isArray(args))) return [];
  return [{ what: `${what}.arguments`, got: args, allowed: 'an object', fix: 'Write the arguments of the tool by name.' }];
}

function expression(what: string, text: string | undefined): Problem[] {
  const problem = text === undefined ? undefined : expressionProblem(text);
  if (problem === undefined) return [];
  const fix = 'Write it in JSONata (https://docs.jsonata.org) over { mark, result }.';
  return [{ what, got: text, allowed: `a JSONata expression; ${problem}`, fix }];
}

function effectOf(tools: Tools, tool: string): string | undefined {
  return Object.hasOwn(tools, tool) ? tools[tool]?._config.effect : undefined;
}
