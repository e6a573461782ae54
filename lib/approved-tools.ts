import { existsSync, readFileSync } from 'node:fs';
import { Validations } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { readMembers } from '../core/json-members';
import { elementsOf, isListOfObjects } from '../core/listed';
import { readStrictly } from '../core/strict-json';
import { DEFINITION_BOUNDS, definitionDigest, type ToolPins, toolNameIn } from '../core/tool-pins';
import { memberProblems, oneOf, optional, type Shape } from './kinds';
import type { Problem } from './problems';
import { Words } from './shown';

/** What becomes of a tool whose definition nobody has approved. */
export enum UnapprovedTools {
  /** Agents do not see it, and may not call a tool of which no definition is approved. */
  HIDE = 'hide',
  /** Agents see it, and an alarm sounds. */
  PASS = 'pass',
}

export interface ApprovedToolsProps {
  /** @default UnapprovedTools.HIDE */
  readonly otherwise?: UnapprovedTools;
}

const PROPS: Shape<ApprovedToolsProps> = { otherwise: optional(oneOf(UnapprovedTools, 'UnapprovedTools')) };

/**
 * The definitions of a server's tools that somebody has reviewed. What a server says of its tools is instruction to agents: one that
 * changes its words after the review ("rug pull") is not believed.
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
      this.toolsOf(server);
      return [];
    } catch (error) {
      const allowed = '{ "<server>": [ { "name": …, … }, … ] }, each a tool as its server lists it';
      return [{ what: `approvedTools file ${this.path}`, got: new Words((error as Error).message), allowed, fix }];
    }
  }

  /** Says that agents will see nothing of a server. @internal */
  _warn(server: IConstruct, name: string): void {
    if (this.props.otherwise === UnapprovedTools.PASS || this.toolsOf(name).size > 0) return;
    const fix = `Run \`mcp-fleet local\`, and \`mcp-fleet tools approve ${name}\` beside it.`;
    const text = `No tool of "${name}" is approved in ${this.path}: agents see none. ${fix}`;
    Validations.of(server).addWarning('cdk-mcp-fleet:nothingApproved', text);
  }

  /** @internal */
  _pins(server: string): ToolPins {
    return { approved: Object.fromEntries(this.toolsOf(server)), otherwise: this.props.otherwise ?? UnapprovedTools.HIDE };
  }

  /** Digests by name. @throws Error that says why the file cannot be read */
  private toolsOf(server: string): ReadonlyMap<string, readonly string[]> {
    const tools = new Map<string, string[]>();
    for (const definition of this.definitionsOf(server)) {
      const [name, digest] = [toolNameIn(definition), definitionDigest(definition)];
      if (name === undefined || digest === undefined) throw new Error(`a tool of "${server}" has no name`);
      tools.set(name, [...(tools.get(name) ?? []), digest]);
    }
    return tools;
  }

  private definitionsOf(server: string): readonly string[] {
    if (!existsSync(this.path)) return [];
    const { text } = readStrictly(readFileSync(this.path), DEFINITION_BOUNDS);
    if (text[0] !== '{') throw new Error('it is no object');
    const list = readMembers(text).get(server) ?? '[]';
    if (!isListOfObjects(list)) throw new Error(`"${server}" is no list of tools`);
    return elementsOf(list);
  }
}
