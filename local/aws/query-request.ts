import { AwsError } from './aws-error';
import { malformed } from './aws-service';

/** No request of an API that is answered here goes deeper. */
const DEEPEST = 10;

/**
 * A request of the query protocol: a form whose names are paths, such as `Tags.member.1.Key` for the key of the first tag,
 * and `Identifier.entry.1.key` for the first key of a map.
 */
export class QueryFields {
  private value: string | undefined;
  private readonly inner = new Map<string, QueryFields>();

  static parse(body: string): QueryFields {
    const root = new QueryFields();
    for (const [path, value] of new URLSearchParams(body)) {
      const names = path.split('.');
      if (names.length > DEEPEST) throw malformed('a parameter lies too deep');
      let fields = root;
      for (const name of names) fields = fields.at(name) ?? fields.add(name);
      if (fields.value !== undefined) throw malformed('a parameter is given twice');
      fields.value = value;
    }
    return root;
  }

  /** Names of what is given. */
  get names(): readonly string[] {
    return [...this.inner.keys()];
  }

  /** A text; undefined where it is absent or empty. */
  text(name: string): string | undefined {
    return this.at(name)?.value || undefined;
  }

  required(name: string): string {
    const value = this.text(name);
    if (value !== undefined) return value;
    throw invalid(name, 'null', 'Member must not be null');
  }

  flag(name: string): boolean | undefined {
    const value = this.text(name);
    if (value === undefined) return undefined;
    if (value !== 'true' && value !== 'false') throw invalid(name, `'${value}'`, 'Member must be true or false');
    return value === 'true';
  }

  /** One of some words. */
  word<Word extends string>(name: string, words: readonly Word[]): Word | undefined {
    const value = this.text(name);
    if (value === undefined || words.includes(value as Word)) return value as Word | undefined;
    throw invalid(name, `'${value}'`, `Member must satisfy enum value set: [${words.join(', ')}]`);
  }

  /** What is inside a structure; without anything where it is absent. */
  structure(name: string): QueryFields {
    return this.at(name) ?? new QueryFields();
  }

  list(name: string): string[] {
    return this.structures(name).map(({ value }) => value ?? '');
  }

  structures(name: string): QueryFields[] {
    return this.at(name)?.at('member')?.numbered() ?? [];
  }

  map(name: string): Readonly<Record<string, string>> {
    const entries = this.at(name)?.at('entry')?.numbered() ?? [];
    return Object.fromEntries(entries.map((entry) => [entry.required('key'), entry.text('value') ?? '']));
  }

  /** From 1 on, as far as there is no gap. */
  private numbered(): QueryFields[] {
    const found: QueryFields[] = [];
    for (let next = this.at('1'); next !== undefined; next = this.at(String(found.length + 1))) found.push(next);
    return found;
  }

  private at(name: string): QueryFields | undefined {
    return this.inner.get(name);
  }

  private add(name: string): QueryFields {
    const fields = new QueryFields();
    this.inner.set(name, fields);
    return fields;
  }
}

/** As AWS says that a value is none. */
export function invalid(name: string, value: string, constraint: string): AwsError {
  const member = name.charAt(0).toLowerCase() + name.slice(1);
  const message = `1 validation error detected: Value ${value} at '${member}' failed to satisfy constraint: ${constraint}`;
  return new AwsError('ValidationError', message);
}
