import type { Call } from '../iam';
import { arnIn, fieldsOf, operationOf, type SignedRequest } from './request';

/** Operations on services, and on tasks, by the member that names them. */
const NAMED: Readonly<Record<string, readonly [member: string, kind: string]>> = {
  DescribeServices: ['services', 'service'],
  UpdateService: ['service', 'service'],
  DescribeTasks: ['tasks', 'task'],
  StopTask: ['task', 'task'],
  GetTaskProtection: ['tasks', 'task'],
  UpdateTaskProtection: ['tasks', 'task'],
};

export function askedOfEcs(signed: SignedRequest): readonly Call[] {
  const operation = operationOf(signed);
  const fields = fieldsOf(signed);
  const cluster = String(fields.cluster ?? 'default').replace(/^.*:cluster\//, '');
  const context = { 'ecs:cluster': arnIn('ecs', `cluster/${cluster}`, signed) };
  const [member = '', kind = ''] = NAMED[operation] ?? [];
  const named = [fields[member] ?? []].flat().map(String);
  const arns = named.map((id) => (id.startsWith('arn:') ? id : arnIn('ecs', `${kind}/${cluster}/${id}`, signed)));
  // ListTasks takes a container instance only, and the rest is asked for as what has no name.
  return (arns.length > 0 ? arns : ['*']).map((resource) => ({ action: `ecs:${operation}`, resource, context }));
}
