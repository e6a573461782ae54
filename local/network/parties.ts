import { FLEET_CONFIG_VARIABLE, SIDECAR_CONFIG_VARIABLE } from '../../core/fleet-config';
import { servicesAskedBy } from './asked-services';
import { membersIn, type Stated, type StatedResources, textsOf, UNTOLD } from './stated';

/** Where something stands. */
export interface Place {
  readonly subnets: readonly string[];
  readonly groups: readonly string[];
}

interface Named {
  /** `Stack/LogicalId`; of a listener that of the listener. */
  readonly id: string;
  /** By which people name it. */
  readonly name: string;
}

/** The tasks of an ECS service. */
export interface Tasks extends Named {
  readonly kind: 'tasks';
  readonly place: Place;
  readonly role: 'gateway' | 'server' | 'other';
  /** Ports on which its containers listen. */
  readonly ports: readonly number[];
  readonly hasPublicAddress: boolean;
  /** Services of AWS that its roles may ask, and those by which its containers come to run. */
  readonly asks: readonly string[];
  /** What its containers are told, with the names of load balancers in it. */
  readonly told: string;
}

/** One listener of a load balancer. */
export interface Listener extends Named {
  readonly kind: 'listener';
  readonly balancer: string;
  readonly place: Place;
  readonly port: number;
  readonly isPublic: boolean;
  /** Where its rules lead. */
  readonly leadsTo: readonly Lead[];
}

export interface Lead {
  /** The target group. */
  readonly group: string;
  /** The service whose tasks are registered there. */
  readonly tasks: string;
  readonly port: number;
  /** Port that is asked for health; that of the targets unless it is told. */
  readonly healthPort: number;
}

/** A function in a VPC, or, without a place, in AWS's own network, from where it reaches everything that is open to the world. */
export interface LambdaFunction extends Named {
  readonly kind: 'function';
  readonly place: Place | undefined;
  readonly asks: readonly string[];
}

/** Through which an API comes into a VPC. */
export interface VpcLink extends Named {
  readonly kind: 'VPC link';
  readonly place: Place;
}

export type Party = Tasks | Listener | LambdaFunction | VpcLink;

export function partiesOf(stated: StatedResources): readonly Party[] {
  const tasks = stated.ofType('AWS::ECS::Service').map((service) => tasksOf(service, stated));
  return [...tasks, ...listenersOf(stated, tasks), ...functionsOf(stated), ...vpcLinksOf(stated)];
}

function tasksOf({ id, path, property }: Stated, stated: StatedResources): Tasks {
  const [{ AwsvpcConfiguration }] = [...membersIn([property('NetworkConfiguration')]), {}] as [Record<string, unknown>];
  const [configuration = {}] = membersIn([AwsvpcConfiguration]);
  const definition = stated.ofType('AWS::ECS::TaskDefinition').find((one) => one.id === property('TaskDefinition'));
  const containers = membersIn(definition?.property('ContainerDefinitions'));
  const variables = containers.flatMap((container) => membersIn(container.Environment));
  const toldBy = (name: string): unknown => variables.find(({ Name }) => Name === name)?.Value;
  const server = /"server":"([^"]+)"/.exec(String(toldBy(SIDECAR_CONFIG_VARIABLE) ?? ''))?.[1];
  const role = toldBy(FLEET_CONFIG_VARIABLE) !== undefined ? 'gateway' : server === undefined ? 'other' : 'server';
  const mapped = containers.flatMap((container) => membersIn(container.PortMappings)).map(({ ContainerPort }) => Number(ContainerPort));
  const told = variables.filter(({ Name }) => Name === 'PORT').map(({ Value }) => Number(Value));
  return {
    kind: 'tasks',
    id,
    name: server ?? (role === 'gateway' ? 'gateway' : path),
    role,
    place: { subnets: textsOf(configuration.Subnets ?? UNTOLD), groups: textsOf(configuration.SecurityGroups ?? UNTOLD) },
    ports: [...new Set([...mapped, ...told])].filter((port) => port > 0),
    hasPublicAddress: configuration.AssignPublicIp === 'ENABLED',
    asks: definition === undefined ? [] : servicesAskedBy(definition, stated),
    told: variables.map(({ Value }) => String(Value)).join('\n'),
  };
}

function listenersOf(stated: StatedResources, tasks: readonly Tasks[]): readonly Listener[] {
  const balancers = new Map(stated.ofType('AWS::ElasticLoadBalancingV2::LoadBalancer').map((balancer) => [balancer.id, balancer]));
  return stated.ofType('AWS::ElasticLoadBalancingV2::Listener').map(({ id, path, property }): Listener => {
    const balancer = String(property('LoadBalancerArn'));
    const made = balancers.get(balancer);
    const rules = stated.ofType('AWS::ElasticLoadBalancingV2::ListenerRule').filter((rule) => rule.property('ListenerArn') === id);
    const groups = [property('DefaultActions'), ...rules.map((rule) => rule.property('Actions'))].flatMap(groupsIn);
    return {
      kind: 'listener',
      id,
      name: path === id ? id : (path.split('/').at(-1) as string).toLowerCase(),
      balancer,
      place: {
        subnets: made === undefined ? [UNTOLD] : textsOf(made.property('Subnets')),
        groups: made === undefined ? [UNTOLD] : textsOf(made.property('SecurityGroups')),
      },
      port: Number(property('Port')),
      isPublic: made !== undefined && made.property('Scheme') !== 'internal',
      leadsTo: [...new Set(groups)].flatMap((group) => leadsOf(group, stated, tasks)),
    };
  });
}

function groupsIn(actions: unknown): readonly string[] {
  return membersIn(actions).flatMap(({ TargetGroupArn, ForwardConfig }) => [
    ...textsOf(TargetGroupArn),
    ...membersIn([ForwardConfig]).flatMap(({ TargetGroups }) => membersIn(TargetGroups).flatMap((each) => textsOf(each.TargetGroupArn))),
  ]);
}

function leadsOf(group: string, stated: StatedResources, tasks: readonly Tasks[]): readonly Lead[] {
  const health = Number(
    stated
      .ofType('AWS::ElasticLoadBalancingV2::TargetGroup')
      .find(({ id }) => id === group)
      ?.property('HealthCheckPort'),
  );
  return stated.ofType('AWS::ECS::Service').flatMap(({ id, property }) =>
    membersIn(property('LoadBalancers'))
      .filter(({ TargetGroupArn }) => TargetGroupArn === group && tasks.some((one) => one.id === id))
      .map(({ ContainerPort }) => ({ group, tasks: id, port: Number(ContainerPort), healthPort: health || Number(ContainerPort) })),
  );
}

function functionsOf(stated: StatedResources): readonly LambdaFunction[] {
  return stated.ofType('AWS::Lambda::Function').map((made) => {
    const [vpc] = membersIn([made.property('VpcConfig')]);
    const place = vpc && { subnets: textsOf(vpc.SubnetIds), groups: textsOf(vpc.SecurityGroupIds) };
    const name = made.path
      .replace(/\/Function$/, '')
      .split('/')
      .at(-1) as string;
    return { kind: 'function', id: made.id, name, place, asks: servicesAskedBy(made, stated) };
  });
}

function vpcLinksOf(stated: StatedResources): readonly VpcLink[] {
  return stated.ofType('AWS::ApiGatewayV2::VpcLink').map(({ id, property }) => ({
    kind: 'VPC link',
    id,
    name: 'api',
    place: { subnets: textsOf(property('SubnetIds')), groups: textsOf(property('SecurityGroupIds')) },
  }));
}
