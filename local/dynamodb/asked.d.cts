/** One action on one resource, with the condition keys of the request. */
export interface AskedOfTables {
  readonly action: string;
  readonly resource: string;
  readonly context: Readonly<Record<string, string | readonly string[]>>;
}

export function askedBy(
  operation: string,
  body: Readonly<Record<string, unknown>>,
  keyOf: (table: string, index?: string) => Promise<string | undefined>,
  place: string,
): Promise<readonly AskedOfTables[]>;
