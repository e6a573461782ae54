import { LocalAccountError } from './account-error';

/**
 * What the caller lets stand for resources and parameters that do not run here, by `Stack/LogicalId` for what `Ref` gives, or
 * `Stack/LogicalId.Attribute`.
 */
export class StandIns {
  /** @param values an empty value: its programs are given its name alone */
  constructor(private readonly values: Readonly<Record<string, string>> = {}) {}

  /** The value that was given; undefined where the name alone was, or nothing. */
  valueOf(key: string): string | undefined {
    return (Object.hasOwn(this.values, key) && this.values[key]) || undefined;
  }

  /** Whether the caller has said anything of a resource. */
  covers(resource: string): boolean {
    return Object.keys(this.values).some((key) => key === resource || key.startsWith(`${resource}.`));
  }

  /** @throws LocalAccountError for a name that stands for nothing */
  requireKnown(known: (key: string) => boolean): void {
    const wrong = Object.keys(this.values).filter((key) => !known(key));
    if (wrong.length === 0) return;
    const message = `--stand-in names ${wrong.join(', ')}, which no stack has; allowed is STACK/LOGICAL_ID, as \`cdk synth\` writes them.`;
    throw new LocalAccountError('UNSUPPORTED', message);
  }
}

/** The way out for something that does not run here. */
export function standInFix(key: string): string {
  return `say what programs are given in its place: --stand-in ${key}=VALUE`;
}
