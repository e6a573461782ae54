import { JSONATA_FUNCTIONS } from './jsonata-functions';

/** A node of JSONata's syntax tree, as far as it concerns us. */
export interface Tree {
  readonly type: string;
  readonly value?: unknown;
  readonly steps?: readonly Tree[];
  readonly expressions?: readonly Tree[];
  readonly arguments?: readonly Tree[];
  readonly procedure?: Tree;
  readonly lhs?: Tree;
  readonly rhs?: Tree;
  readonly then?: Tree;
  readonly else?: Tree;
  readonly focus?: string;
  readonly index?: string;
}

/** What an expression reads by name. */
export interface NamesRead {
  /** Members of what it is evaluated over. */
  readonly members: ReadonlySet<string>;
  /** It reads that as a whole, too: which members it looks at is not known. */
  readonly whole: boolean;
  /** Variables, and so functions, that neither JSONata nor the expression has. */
  readonly unknown: ReadonlySet<string>;
}

/** @param always member that is always there: whether it is there says nothing, and is not counted as a look at it */
export function namesRead(tree: Tree, always: string): NamesRead {
  const reader = new Reader(always);
  reader.read(tree, true, boundIn(tree, new Set()));
  return reader;
}

/** Parts that are evaluated over something that the rest has found. */
const ELSEWHERE: ReadonlySet<string> = new Set(['stages', 'predicate', 'group', 'terms', 'pattern', 'update', 'delete']);

class Reader implements NamesRead {
  readonly members = new Set<string>();
  readonly unknown = new Set<string>();
  whole = false;

  constructor(private readonly always: string) {}

  /** @param top evaluated over what the whole expression is evaluated over */
  read(part: unknown, top: boolean, bound: ReadonlySet<string>): void {
    if (Array.isArray(part)) for (const one of part) this.read(one, top, bound);
    else if (isTree(part) && !this.saysNothing(part, top, bound)) this.readTree(part, top, bound);
    else if (typeof part === 'object' && part !== null && !isTree(part)) this.readParts(part, top, bound);
  }

  private readTree(tree: Tree, top: boolean, bound: ReadonlySet<string>): void {
    switch (tree.type) {
      case 'path':
        this.readPath(tree, top, bound);
        return;
      case 'block':
        this.readParts(tree, top, boundIn(tree.expressions, bound));
        return;
      case 'lambda':
        this.readLambda(tree, top, bound);
        return;
      case 'bind':
        this.read(tree.rhs, top, bound);
        return;
    }
    if (tree.type === 'variable') this.readVariable(String(tree.value), top, bound);
    if (tree.type === 'name' && top) this.members.add(String(tree.value));
    if (tree.type === 'wildcard' || tree.type === 'descendant' || tree.type === 'parent') this.whole = true;
    this.readParts(tree, top, bound);
  }

  /** A path begins where it stands, `$$` and, at the top, `$` begin over. */
  private readPath(path: Tree, top: boolean, bound: ReadonlySet<string>): void {
    const [first, ...rest] = path.steps ?? [];
    const within = new Set([...bound, ...(path.steps ?? []).flatMap(({ focus, index }) => [focus ?? [], index ?? []].flat())]);
    const begins = first?.type === 'variable' && (first.value === '$' || (first.value === '' && top)) && rest[0]?.type === 'name';
    if (!begins) this.read(first, top, within);
    for (const [at, step] of rest.entries()) this.read(step, begins && at === 0, within);
    this.readParts({ ...path, steps: undefined }, false, within);
  }

  private readLambda({ arguments: names = [], ...lambda }: Tree, top: boolean, bound: ReadonlySet<string>): void {
    const within = new Set([...bound, ...names.map(({ value }) => String(value))]);
    this.readParts(lambda, top, boundIn((lambda as { body?: unknown }).body, within));
  }

  private readVariable(name: string, top: boolean, bound: ReadonlySet<string>): void {
    if (name === '$' || (name === '' && top) || name === 'eval') this.whole = true;
    if (name !== '' && name !== '$' && !bound.has(name) && !JSONATA_FUNCTIONS.has(name)) this.unknown.add(name);
  }

  private readParts(parts: object, top: boolean, bound: ReadonlySet<string>): void {
    for (const [name, part] of Object.entries(parts)) this.read(part, top && !ELSEWHERE.has(name), bound);
  }

  /** `$exists(result)`, and whatever is or-ed with `true`. */
  private saysNothing(tree: Tree, top: boolean, bound: ReadonlySet<string>): boolean {
    if (tree.type === 'binary' && (tree.value === 'or' || tree.value === 'and')) {
      return [tree.lhs, tree.rhs].some((side) => side?.type === 'value' && side.value === (tree.value === 'or'));
    }
    const asked = tree.type === 'function' ? tree.procedure?.value : undefined;
    const [argument] = tree.arguments ?? [];
    const [step, ...more] = argument?.steps ?? [];
    const itself = top && step?.value === this.always && more.length === 0 && !('stages' in step);
    return itself && (asked === 'exists' || asked === 'boolean') && !bound.has(asked);
  }
}

/** Names that are bound in the frame of a part, with those of the frames around it. A block and a function have frames of their own. */
function boundIn(part: unknown, around: ReadonlySet<string>): ReadonlySet<string> {
  return new Set([...around, ...namesBound(part)]);
}

function namesBound(part: unknown): string[] {
  if (typeof part !== 'object' || part === null) return [];
  if (isTree(part) && (part.type === 'block' || part.type === 'lambda')) return [];
  const own = isTree(part) && part.type === 'bind' ? [String(part.lhs?.value)] : [];
  return [...own, ...Object.values(part).flatMap(namesBound)];
}

function isTree(part: unknown): part is Tree {
  return typeof part === 'object' && part !== null && typeof (part as Tree).type === 'string';
}
