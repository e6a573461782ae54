import { randomUUID } from 'node:crypto';
import { unsupported } from '../account-error';
import type { Machinery } from '../machinery';
import { arn, attributes, type Created, type Provisioner, type ResourceRequest } from './provisioner';

/** AWS::Events::Rule, as far as it is read; one with an EventPattern waits for events, and is refused. */
interface RuleProperties {
  readonly Name?: string;
  readonly ScheduleExpression?: string;
  readonly State?: string;
  readonly Targets?: readonly TargetProperties[];
}

interface TargetProperties {
  readonly Id: string;
  readonly Arn: string;
  /** JSON text that the target is given in place of the event. */
  readonly Input?: string;
}

const UNIT_MS: Readonly<Record<string, number>> = { minute: 60_000, hour: 3_600_000, day: 86_400_000 };
/** Of a target; what failed is not tried again here. */
const KNOWN = ['Id', 'Arn', 'Input', 'RetryPolicy', 'DeadLetterConfig'];

export const scheduledRule: Provisioner<RuleProperties> = {
  phase: 'functions',
  noun: ['schedule', 'schedules'],
  honours: ['Name', 'ScheduleExpression', 'State', 'Targets'],
  ignores: ['RoleArn'],
  create: async (request, machinery) => setRule(request.properties.Name ?? request.generatedName, request, machinery),
  update: async (request, { ref }, machinery) => setRule(ref, request, machinery),
  delete: async ({ ref, stack }, { schedules }) => schedules.remove(arn(stack, 'events', `rule/${ref}`)),
};

function setRule(name: string, { properties, stack, path }: ResourceRequest<RuleProperties>, { functions, schedules }: Machinery): Created {
  const { ScheduleExpression: expression, State, Targets = [] } = properties;
  const everyMs = intervalOf(expression);
  if (everyMs === undefined) throw unsupported([`the schedule ${expression ?? '(none)'} of ${path}; it has rate(…)`]);
  const Arn = arn(stack, 'events', `rule/${name}`);
  const event = { ...EVENT, account: stack.account, region: stack.region, resources: [Arn] };
  const found = Targets.map((target) => {
    const other = Object.keys(target).find((property) => !KNOWN.includes(property));
    if (other !== undefined) throw unsupported([`the property ${other} of the target ${target.Id} of ${path}`]);
    if (functions.find(target.Arn) === undefined)
      throw unsupported([`the target ${target.Arn} of ${path}; it has Lambda functions of this assembly`]);
    const payload = (at: Date): string => target.Input ?? JSON.stringify({ ...event, id: randomUUID(), time: at.toISOString() });
    const service = { service: 'events.amazonaws.com', sourceArn: Arn };
    return { everyMs, fn: () => functions.invocableBy(service, target.Arn), payload };
  });
  schedules.set(Arn, State === 'DISABLED' ? [] : found);
  return { ref: name, attribute: attributes({ Arn }) };
}

/** What EventBridge sends on a schedule ("Events from EventBridge", Scheduled Event). */
const EVENT = { version: '0', 'detail-type': 'Scheduled Event', source: 'aws.events', detail: {} };

/** Milliseconds of `rate(5 minutes)`; undefined for any other expression. */
function intervalOf(expression: string | undefined): number | undefined {
  const [, amount, unit] = /^rate\(([1-9]\d*) (minute|hour|day)s?\)$/.exec(expression ?? '') ?? [];
  return unit === undefined ? undefined : Number(amount) * (UNIT_MS[unit] as number);
}
