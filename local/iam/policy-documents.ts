import { LocalAccountError } from '../account-error';
import type { Stack } from '../assembly/cloud-assembly';
import { resolveIntrinsics } from '../template/intrinsics';
import { scopeOf, type World } from '../template/scope';
import { type Statement, statementsIn } from './statement';

/** Reads values of one stack's template that may name what is not made yet. */
export class TemplateValues {
  constructor(
    private readonly stack: Stack,
    private readonly world: World,
    private readonly tell: (problem: string) => void,
  ) {}

  /** Undefined where it names what is not there. @throws Error for what no template may say */
  resolve(value: unknown, path: string): unknown {
    try {
      return resolveIntrinsics(value, scopeOf(this.stack, this.world), path);
    } catch (error) {
      if (LocalAccountError.is(error)) return undefined;
      throw error;
    }
  }

  text(value: unknown, path: string): string | undefined {
    const resolved = this.resolve(value, path);
    return typeof resolved === 'string' ? resolved : undefined;
  }

  texts(value: unknown, path: string): readonly string[] {
    return list(value).flatMap((each) => this.text(each, path) ?? []);
  }

  /**
   * The statements of a document. A resource that is not there yet is left out, as nobody can ask for it; a statement whose other parts
   * cannot be told allows nothing. A document that is none, which AWS would refuse, forbids everything.
   */
  statements(document: unknown, policy: string): readonly Statement[] {
    const { Statement: listed } = (document ?? {}) as { readonly Statement?: unknown };
    try {
      const resolved = list(listed).map((statement) => this.statement(statement as Readonly<Record<string, unknown>>, policy));
      return statementsIn({ Statement: resolved }, policy);
    } catch (error) {
      this.tell((error as Error).message);
      return [{ place: { policy, index: 0 }, effect: 'Deny', actions: ['*'], resources: ['*'], principals: '*', conditions: {} }];
    }
  }

  private statement({ Resource, NotResource, ...rest }: Readonly<Record<string, unknown>>, policy: string): unknown {
    const said = this.resolve(rest, policy) ?? { Effect: 'Allow', Action: [] };
    return {
      ...said,
      ...(Resource !== undefined && { Resource: this.texts(Resource, policy) }),
      ...(NotResource !== undefined && { NotResource: this.texts(NotResource, policy) }),
    };
  }
}

export function list(value: unknown): readonly unknown[] {
  return value === undefined ? [] : [value].flat();
}
