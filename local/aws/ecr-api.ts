import { AwsError, notImplemented } from './aws-error';
import type { AwsService } from './aws-service';
import type { PushedImage, Repositories, Repository } from './images/repositories';
import { type JsonRequest, jsonService, listOf, textOf } from './json-service';

export interface EcrOptions {
  readonly account: string;
  readonly region: string;
  readonly repositories: Repositories;
}

/** Elastic Container Registry: what is there. Images come by `mcp-fleet-docker`, not by a registry's own protocol. */
export function ecrService({ account, region, repositories }: EcrOptions): AwsService {
  const described = ({ name, createdAt, mutable }: Repository) => ({
    repositoryArn: `arn:aws:ecr:${region}:${account}:repository/${name}`,
    registryId: account,
    repositoryName: name,
    repositoryUri: repositories.uri(name),
    createdAt: createdAt / 1000,
    imageTagMutability: mutable ? 'MUTABLE' : 'IMMUTABLE',
  });
  const named = (request: JsonRequest): Repository => {
    const name = textOf(request, 'repositoryName') ?? '';
    return repositories.find(name) ?? missing(name);
  };
  const missing = (name: string): never => {
    const where = `in the registry with id '${account}'`;
    throw new AwsError('RepositoryNotFoundException', `The repository with name '${name}' does not exist ${where}`);
  };
  return jsonService('ecr', {
    DescribeRepositories: (request) => {
      const names = listOf(request, 'repositoryNames').map(String);
      const found = names.length === 0 ? repositories.all() : names.map((name) => repositories.find(name) ?? missing(name));
      return { repositories: found.map(described) };
    },
    DescribeImages: (request) => ({
      imageDetails: imagesOf(named(request), request).map((image) => detailOf(image, named(request).name, account)),
    }),
    ListImages: (request) => ({ imageIds: named(request).images.map(({ tag, digest }) => ({ imageTag: tag, imageDigest: digest })) }),
    // What docker is told is for nobody: mcp-fleet-docker has the account's credentials.
    GetAuthorizationToken: () => ({
      authorizationData: [
        {
          authorizationToken: Buffer.from('AWS:local').toString('base64'),
          expiresAt: Date.now() / 1000 + 12 * 3600,
          proxyEndpoint: `https://${repositories.registry}`,
        },
      ],
    }),
  });
}

function imagesOf({ name, images }: Repository, request: JsonRequest): readonly PushedImage[] {
  const ids = listOf(request, 'imageIds') as readonly { readonly imageTag?: unknown; readonly imageDigest?: unknown }[];
  if (request.filter !== undefined) throw notImplemented('filter of ecr:DescribeImages');
  if (ids.length === 0) return images;
  return ids.map(({ imageTag, imageDigest }) => {
    const found = images.find(
      ({ tag, digest }) => (imageTag === undefined || tag === imageTag) && (imageDigest === undefined || digest === imageDigest),
    );
    if (found) return found;
    const id = `{imageDigest:'${imageDigest ?? 'null'}', imageTag:'${imageTag ?? 'null'}'}`;
    throw new AwsError('ImageNotFoundException', `The image with imageId ${id} does not exist within the repository with name '${name}'`);
  });
}

function detailOf({ tag, digest, bytes, pushedAt }: PushedImage, repositoryName: string, registryId: string): object {
  return { registryId, repositoryName, imageDigest: digest, imageTags: [tag], imageSizeInBytes: bytes, imagePushedAt: pushedAt / 1000 };
}
