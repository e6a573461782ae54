import { existsSync, readFileSync } from 'node:fs';
import { Validations } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { type ApprovedDefinitions, definitionsIn } from '../core/approved-definitions';
import { type Approved, DEFINED, type Defined, type DefinitionPins, definitionDigest, nameIn } from '../core/definition-pins';
import { flag, memberProblems, oneOf, optional, type Shape } from './kinds';
import type { Problem } from './problems';
import { Words } from './shown';

/** What becomes of what a server says and nobody has approved. */
export enum UnapprovedTools {
  /** Agents do not see it, and may not call a tool, or get a prompt, of which no definition is approved. */
  HIDE = 'hide',
  /** Agents see it, and an alarm sounds. */
  PASS = 'pass',
}

export interface ApprovedToolsProps {
  /** @default UnapprovedTools.HIDE */
  readonly otherwise?: UnapprovedTools;
  /**
   * Whether resources are pinned, too. `false` is for a server whose resources come and go: agents get whatever it says of them. Its resource
   * templates are pinned all the same.
   * @default true
   */
  readonly resources?: boolean;
}

const PROPS: Shape<ApprovedToolsProps> = {
  otherwise: optional(oneOf(UnapprovedTools, 'UnapprovedTools')),
  resources: optional(flag),
};

/**
 * What a server says that somebody has reviewed: the definitions of its tools, prompts, resources and resource templates, and how it
 * introduces itself (`instructions`, `serverInfo`). All that is instruction to agents: a server that changes its words after the review
 * ("rug pull") is not believed.
 */
export class ApprovedTools {
  /**
   * Definitions in a file that stands beside the code, and is reviewed as the code is; `mcp-fleet tools approve` writes it. Where there is
   * no file yet, nothing is approved.
   * @param path from the folder in which the app is synthesized
   */
  static fromFile(path: string, props: ApprovedToolsProps = {}): ApprovedTools {
    return new ApprovedTools(path, props);
  }

  private constructor(
    private readonly path: string,
    private readonly props: ApprovedToolsProps,
  ) {}

  /** @internal */
  _problems(server: string): Problem[] {
    const fix = 'Let `mcp-fleet tools approve` write it.';
    if (typeof this.path !== 'string') return [{ what: 'approvedTools file', got: this.path, allowed: 'the path of a file', fix }];
    const unreadable = memberProblems('approvedTools', this.props, PROPS, 'approvedTools ');
    if (unreadable.length > 0) return unreadable;
    try {
      this.approvedOf(server);
      return [];
    } catch (error) {
      const allowed = '{ "<server>": { "tools": [ { "name": …, … }, … ], "prompts": …, "introduction": … } }, each as its server says it';
      return [{ what: `approvedTools file ${this.path}`, got: new Words((error as Error).message), allowed, fix }];
    }
  }

  /** Says that agents will see nothing of a server, or of it little but its tools. @internal */
  _warn(server: IConstruct, name: string): void {
    if (this.props.otherwise === UnapprovedTools.PASS) return;
    const approved = this.approvedOf(name);
    if (Object.keys(approved.introduction ?? {}).length > 0) return;
    const fix = `Run \`mcp-fleet local\`, and \`mcp-fleet tools approve ${name}\` beside it.`;
    const all = DEFINED.every((defined) => Object.keys(approved[defined] ?? {}).length === 0);
    if (all)
      Validations.of(server).addWarning(
        'cdk-mcp-fleet:nothingApproved',
        `Nothing of "${name}" is approved in ${this.path}: agents see none of its tools. ${fix}`,
      );
    else
      Validations.of(server).addWarning(
        'cdk-mcp-fleet:introductionNotApproved',
        `What "${name}" says of itself is not approved in ${this.path}: agents do not get its instructions. ${fix}`,
      );
  }

  /** @internal */
  _pins(server: string): DefinitionPins {
    const { resources, ...always } = this.approvedOf(server);
    const approved = this.props.resources === false ? always : { ...always, resources: resources ?? {} };
    return { approved, otherwise: this.props.otherwise ?? UnapprovedTools.HIDE };
  }

  /** Digests by kind and name. @throws Error that says why the file cannot be read */
  private approvedOf(server: string): Readonly<Partial<Record<Defined, Approved>>> {
    const definitions = existsSync(this.path) ? definitionsIn(readFileSync(this.path)).get(server) : undefined;
    return Object.fromEntries(DEFINED.map((defined) => [defined, digestsOf(server, defined, definitions)]));
  }
}

function digestsOf(server: string, defined: Defined, definitions: ApprovedDefinitions = {}): Approved {
  const digests = new Map<string, string[]>();
  for (const definition of definitions[defined] ?? []) {
    const [name, digest] = [nameIn(defined, definition), definitionDigest(defined, definition)];
    if (name === undefined || digest === undefined) throw new Error(`one of the ${defined} of "${server}" has no name`);
    digests.set(name, [...(digests.get(name) ?? []), digest]);
  }
  return Object.fromEntries(digests);
}
