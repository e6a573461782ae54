import { unsupported } from '../account-error';
import type { Machinery } from '../machinery';
import { attributes, type Created, type Provisioner, type ResourceRequest } from './provisioner';

/** AWS::ApplicationAutoScaling::ScalableTarget, as far as it is read. */
interface ScalableTargetProperties {
  readonly ServiceNamespace: string;
  readonly ScalableDimension: string;
  /** `service/{cluster}/{service}`. */
  readonly ResourceId: string;
  readonly MinCapacity: number;
  readonly MaxCapacity: number;
}

/** Brings a service into its bounds at once, as Application Auto Scaling does when the target is registered. */
export const scalableTarget: Provisioner<ScalableTargetProperties> = {
  phase: 'services',
  noun: ['scalable target', 'scalable targets'],
  honours: ['ServiceNamespace', 'ScalableDimension', 'ResourceId', 'MinCapacity', 'MaxCapacity'],
  ignores: ['RoleARN', 'SuspendedState', 'ScheduledActions'],
  joins: 'ResourceId',
  create: async (request, machinery) => setBounds(request, machinery),
  update: async (request, _, machinery) => setBounds(request, machinery),
  delete: async ({ ref }, { scaling }) => scaling.removeTarget(ref),
};

function setBounds({ properties, path }: ResourceRequest<ScalableTargetProperties>, { services, scaling }: Machinery): Created {
  const { ResourceId, ScalableDimension, MinCapacity, MaxCapacity } = properties;
  const service = [...services.values()].find(({ settings }) => settings.arn.endsWith(`:${ResourceId}`));
  if (!service) throw unsupported([`the scalable target ${ResourceId} (${ScalableDimension}) of ${path}; it has ECS services`]);
  const ref = `${ResourceId}|${ScalableDimension}|${properties.ServiceNamespace}`;
  scaling.putTarget(ref, service, { min: Number(MinCapacity), max: Number(MaxCapacity) });
  return { ref, attribute: attributes({ Id: ref }) };
}
