import { isCustomResource } from '../replacements';
import type { Collision, Update } from './update';

/** What stands under a logical id keeps its type. */
export function types({ before, after, changes }: Update): Collision[] {
  return [...changes.retyped].map((logicalId) => ({
    kind: 'type',
    logicalIds: [logicalId],
    what: `${logicalId} is ${before.template.Resources[logicalId]?.Type} and would be ${after.template.Resources[logicalId]?.Type}.`,
    why: 'Update of resource type is not permitted.',
    fix: 'Give the new resource another logical id.',
  }));
}

/** A custom resource stays with its function: another one would not know what it has made. */
export function serviceTokens({ before, after, changes }: Update): Collision[] {
  const kept = Object.entries(after.template.Resources).filter(([id, { Type }]) => isCustomResource(Type) && !changes.added.has(id));
  return kept
    .filter(([id, { Properties }]) => {
      const had = before.template.Resources[id]?.Properties?.ServiceToken;
      return !changes.retyped.has(id) && before.text(had) !== after.text(Properties?.ServiceToken);
    })
    .map(([logicalId, { Type }]) => ({
      kind: 'serviceToken',
      logicalIds: [logicalId],
      what: `${logicalId} (${Type}) would be given to another ServiceToken.`,
      why: 'Modifying service token is not allowed.',
      fix: 'Keep the logical id of the function behind it, or give the custom resource another one.',
    }));
}

/** Of a service that CodeDeploy deploys, CloudFormation changes its number of tasks and little else. */
export function codeDeployServices({ before, after, changes }: Update): Collision[] {
  return after
    .ofType('AWS::ECS::Service')
    .filter(({ logicalId, properties }) => {
      const had = before.template.Resources[logicalId];
      if (properties.DeploymentController?.Type !== 'CODE_DEPLOY' || had === undefined || changes.replaced.has(logicalId)) return false;
      return DEPLOYED.some((name) => before.text(had.Properties?.[name]) !== after.text(properties[name]));
    })
    .map(({ logicalId }) => ({
      kind: 'service',
      logicalIds: [logicalId],
      what: `${logicalId}, which CodeDeploy deploys, changes ${DEPLOYED.join(', ')} or one of them.`,
      why: 'Unable to update task definition on services with a CODE_DEPLOY deployment controller.',
      fix: 'Deploy it by CodeDeploy (AWS::CodeDeployBlueGreen), or give it the deployment controller ECS under another logical id.',
    }));
}

const DEPLOYED = ['TaskDefinition', 'LoadBalancers', 'NetworkConfiguration', 'PlatformVersion'];
