/** Where a statement stands: `Stack/LogicalId` of its policy, and its number there, from 0. */
export interface StatementPlace {
  readonly policy: string;
  readonly index: number;
}

export type Conditions = Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;

/** Who a resource's policy is about: `AWS`, `Service` and so on, or everybody. */
export type Principals = '*' | Readonly<Record<string, readonly string[]>>;

/** One statement of a policy, with its references filled in (IAM User Guide, "IAM JSON policy elements"). */
export interface Statement {
  readonly place: StatementPlace;
  readonly effect: 'Allow' | 'Deny';
  readonly actions?: readonly string[];
  readonly notActions?: readonly string[];
  /** Absent in the policy of a resource that names none, as that of a role. */
  readonly resources?: readonly string[];
  readonly notResources?: readonly string[];
  readonly principals?: Principals;
  readonly notPrincipals?: Principals;
  readonly conditions: Conditions;
}

type Json = Readonly<Record<string, unknown>>;

/** @param document whose references are filled in @throws Error for what is no statement, in words that name it */
export function statementsIn(document: unknown, policy: string): readonly Statement[] {
  const listed = [(document as { readonly Statement?: unknown } | undefined)?.Statement ?? []].flat();
  return listed.map((statement, index) => statementOf(statement as Json, { policy, index }));
}

function statementOf(json: Json, place: StatementPlace): Statement {
  const { Effect, Action, NotAction, Resource, NotResource, Principal, NotPrincipal, Condition = {} } = json;
  if (Effect !== 'Allow' && Effect !== 'Deny') throw malformed(place, `its Effect is ${JSON.stringify(Effect)}; allowed: Allow, Deny`);
  if ((Action === undefined) === (NotAction === undefined)) throw malformed(place, 'it has to have Action or NotAction');
  return {
    place,
    effect: Effect,
    ...(Action !== undefined && { actions: texts(Action, place) }),
    ...(NotAction !== undefined && { notActions: texts(NotAction, place) }),
    ...(Resource !== undefined && { resources: texts(Resource, place) }),
    ...(NotResource !== undefined && { notResources: texts(NotResource, place) }),
    ...(Principal !== undefined && { principals: principalsOf(Principal, place) }),
    ...(NotPrincipal !== undefined && { notPrincipals: principalsOf(NotPrincipal, place) }),
    conditions: conditionsOf(Condition, place),
  };
}

function principalsOf(value: unknown, place: StatementPlace): Principals {
  if (value === '*') return '*';
  if (typeof value !== 'object' || value === null) throw malformed(place, `its principal is ${JSON.stringify(value)}`);
  return Object.fromEntries(Object.entries(value).map(([kind, names]) => [kind, texts(names, place)]));
}

function conditionsOf(value: unknown, place: StatementPlace): Conditions {
  if (typeof value !== 'object' || value === null) throw malformed(place, `its Condition is ${JSON.stringify(value)}`);
  return Object.fromEntries(
    Object.entries(value).map(([operator, keys]) => [
      operator,
      Object.fromEntries(Object.entries((keys ?? {}) as Json).map(([key, values]) => [key, texts(values, place)])),
    ]),
  );
}

function texts(value: unknown, place: StatementPlace): readonly string[] {
  return [value].flat().map((each) => {
    if (typeof each === 'string') return each;
    if (typeof each === 'number' || typeof each === 'boolean') return String(each);
    throw malformed(place, `${JSON.stringify(each)} stands where a text is wanted`);
  });
}

function malformed({ policy, index }: StatementPlace, what: string): Error {
  return new Error(`Statement ${index} of ${policy} cannot be read: ${what}.`);
}
