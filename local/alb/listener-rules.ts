import type { IncomingMessage } from 'node:http';
import { unsupported } from '../account-error';
import { type JwtValidationProperties, type TokenCheck, tokenCheck } from './jwt-validation';

/** An action of a listener or rule (ElasticLoadBalancingV2, Action). */
export interface ActionProperties {
  readonly Type: string;
  readonly Order?: number;
  readonly TargetGroupArn?: string;
  readonly ForwardConfig?: {
    readonly TargetGroups?: readonly { readonly TargetGroupArn: string; readonly Weight?: number }[];
    readonly TargetGroupStickinessConfig?: { readonly Enabled?: boolean };
  };
  readonly FixedResponseConfig?: { readonly StatusCode: string; readonly ContentType?: string; readonly MessageBody?: string };
  readonly RedirectConfig?: {
    readonly StatusCode: string;
    readonly Protocol?: string;
    readonly Host?: string;
    readonly Port?: string;
    readonly Path?: string;
    readonly Query?: string;
  };
  readonly JwtValidationConfig?: JwtValidationProperties;
}

/** A condition of a rule (ElasticLoadBalancingV2, RuleCondition). */
export interface ConditionProperties {
  readonly Field: string;
  readonly Values?: readonly string[];
  readonly PathPatternConfig?: { readonly Values?: readonly string[] };
  readonly HostHeaderConfig?: { readonly Values?: readonly string[] };
  readonly HttpHeaderConfig?: { readonly HttpHeaderName: string; readonly Values?: readonly string[] };
  readonly HttpRequestMethodConfig?: { readonly Values?: readonly string[] };
}

export type Action = Ending | { readonly type: 'jwt-validation'; readonly passes: TokenCheck; readonly next: Ending };

/** What answers a request, or has it answered. */
type Ending =
  | { readonly type: 'forward'; readonly targetGroups: readonly { readonly arn: string; readonly weight: number }[] }
  | { readonly type: 'fixed-response'; readonly status: number; readonly contentType: string; readonly body: string }
  | { readonly type: 'redirect'; readonly status: number; readonly location: (request: IncomingMessage) => string };

export interface Rule {
  readonly priority: number;
  readonly matches: (request: IncomingMessage) => boolean;
  readonly action: Action;
}

type Predicate = (request: IncomingMessage) => boolean;

/** @throws LocalAccountError for a condition that is not honoured */
export function readConditions(conditions: readonly ConditionProperties[], path: string): Predicate {
  const predicates = conditions.map((condition, i) => readCondition(condition, `${path}/Conditions/${i}`));
  return (request) => predicates.every((matches) => matches(request));
}

function readCondition(condition: ConditionProperties, path: string): Predicate {
  switch (condition.Field) {
    case 'path-pattern':
      return anyOf(condition.PathPatternConfig?.Values ?? condition.Values, true, (request) => pathOf(request));
    case 'host-header':
      return anyOf(condition.HostHeaderConfig?.Values ?? condition.Values, false, (request) => request.headers.host?.replace(/:\d+$/, ''));
    case 'http-header': {
      const name = condition.HttpHeaderConfig?.HttpHeaderName.toLowerCase() ?? '';
      return anyOf(condition.HttpHeaderConfig?.Values, false, (request) => request.headers[name]?.toString());
    }
    case 'http-request-method':
      return anyOf(condition.HttpRequestMethodConfig?.Values, true, (request) => request.method);
    default:
      throw unsupported([
        `the condition "${condition.Field}" at ${path}; it has path-pattern, host-header, http-header, http-request-method`,
      ]);
  }
}

/** Patterns with `*` (any characters) and `?` (exactly one); only paths and methods are case-sensitive. */
function anyOf(
  patterns: readonly string[] | undefined,
  caseSensitive: boolean,
  value: (request: IncomingMessage) => string | undefined,
): Predicate {
  const expressions = (patterns ?? []).map((pattern) => {
    const escaped = pattern
      .replaceAll(/[.+^${}()|[\]\\]/g, '\\$&')
      .replaceAll('*', '.*')
      .replaceAll('?', '.');
    return new RegExp(`^${escaped}$`, caseSensitive ? 's' : 'is');
  });
  return (request) => {
    const text = value(request);
    return text !== undefined && expressions.some((expression) => expression.test(text));
  };
}

/**
 * @param localIssuer the URL on this machine of what stands for an issuer of the template; undefined where nothing does
 * @throws LocalAccountError for an action that is not honoured
 */
export function readActions(
  actions: readonly ActionProperties[],
  path: string,
  localIssuer: (issuer: string) => string | undefined,
): Action {
  const [first, ...more] = [...actions].sort((a, b) => (a.Order ?? 0) - (b.Order ?? 0));
  if (first?.Type !== 'jwt-validation') return readEnding(first, more, path);
  const { Issuer, AdditionalClaims = [] } = first.JwtValidationConfig as JwtValidationProperties;
  if (AdditionalClaims.length > 0) throw unsupported([`AdditionalClaims of the action at ${path}`]);
  const issuer = localIssuer(Issuer);
  if (issuer === undefined) throw unsupported([`tokens of ${Issuer} at ${path}; it has issuers that a fleet trusts`]);
  const passes = tokenCheck(issuer, new URL(`${issuer}/.well-known/jwks.json`));
  return { type: 'jwt-validation', passes, next: readEnding(more[0], more.slice(1), path) };
}

function readEnding(action: ActionProperties | undefined, more: readonly ActionProperties[], path: string): Ending {
  if (!action || more.length > 0) {
    throw unsupported([`${more.length + (action ? 1 : 0)} actions at ${path}; it runs exactly one, and jwt-validation before it`]);
  }
  switch (action.Type) {
    case 'forward':
      return readForward(action, path);
    case 'fixed-response': {
      const { StatusCode, ContentType, MessageBody } = action.FixedResponseConfig ?? { StatusCode: '503' };
      return { type: 'fixed-response', status: Number(StatusCode), contentType: ContentType ?? 'text/plain', body: MessageBody ?? '' };
    }
    case 'redirect': {
      const config = action.RedirectConfig ?? { StatusCode: 'HTTP_302' };
      return {
        type: 'redirect',
        status: Number(config.StatusCode.replace('HTTP_', '')),
        location: (request) => redirectLocation(config, request),
      };
    }
    default:
      throw unsupported([
        `the action "${action.Type}" at ${path}; it has forward, fixed-response, redirect, and jwt-validation before one of these`,
      ]);
  }
}

/** ARNs of the target groups to which an action may lead. */
export function targetGroupsOf(action: Action): readonly string[] {
  if (action.type === 'jwt-validation') return targetGroupsOf(action.next);
  return action.type === 'forward' ? action.targetGroups.map(({ arn }) => arn) : [];
}

function readForward({ TargetGroupArn, ForwardConfig }: ActionProperties, path: string): Ending {
  const groups = ForwardConfig?.TargetGroups ?? [{ TargetGroupArn: TargetGroupArn ?? '' }];
  if (groups.length > 1 && ForwardConfig?.TargetGroupStickinessConfig?.Enabled)
    throw unsupported([`target group stickiness of the forward at ${path}`]);
  return { type: 'forward', targetGroups: groups.map((group) => ({ arn: group.TargetGroupArn, weight: Number(group.Weight ?? 1) })) };
}

function redirectLocation(config: NonNullable<ActionProperties['RedirectConfig']>, request: IncomingMessage): string {
  const [host = '', port = ''] = (request.headers.host ?? '').split(':');
  const url = request.url ?? '/';
  const values: Record<string, string> = {
    protocol: 'http',
    host,
    port,
    path: pathOf(request).slice(1),
    query: url.includes('?') ? url.slice(url.indexOf('?') + 1) : '',
  };
  const fill = (text: string): string => text.replaceAll(/#\{(\w+)\}/g, (_, name: string) => values[name] ?? '');
  const protocol = fill((config.Protocol ?? '#{protocol}').replace(/^HTTPS?$/, (name) => name.toLowerCase()));
  const query = fill(config.Query ?? '#{query}');
  return `${protocol}://${fill(config.Host ?? '#{host}')}:${fill(config.Port ?? '#{port}')}${fill(config.Path ?? '/#{path}')}${query && `?${query}`}`;
}

function pathOf(request: IncomingMessage): string {
  return (request.url ?? '/').split('?', 1)[0] as string;
}
