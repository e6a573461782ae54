import { isAbsolute } from 'node:path';
import { AwsError } from '../aws-error';
import type { AwsService } from '../aws-service';
import { DOCKER_SERVICE } from '../docker-service';
import { type JsonRequest, jsonService, requiredText, textOf } from '../json-service';
import type { ImageStore } from './image-store';

/** What `mcp-fleet-docker` asks of the account: this is no API of AWS. Both run on one machine, so that a path is enough. */
export function dockerService(images: ImageStore): AwsService {
  return jsonService(DOCKER_SERVICE, {
    Inspect: (request) => ({ exists: images.has(requiredText(request, 'tag')) }),
    Build: (request) => {
      const context = requiredText(request, 'context');
      if (!isAbsolute(context)) throw new AwsError('InvalidParameterException', `The build context ${context} is no absolute path.`);
      const target = textOf(request, 'target');
      images.build(requiredText(request, 'tag'), {
        context,
        dockerfile: requiredText(request, 'dockerfile'),
        buildArguments: buildArgumentsOf(request),
        ...(target !== undefined && { target }),
      });
      return {};
    },
    Tag: (request) => {
      images.tag(requiredText(request, 'source'), requiredText(request, 'target'));
      return {};
    },
    Push: (request) => {
      images.push(requiredText(request, 'tag'));
      return {};
    },
  });
}

function buildArgumentsOf({ buildArguments = {} }: JsonRequest): Readonly<Record<string, string>> {
  const entries = Object.entries(buildArguments as object);
  if (entries.every(([, value]) => typeof value === 'string')) return Object.fromEntries(entries) as Record<string, string>;
  throw new AwsError('SerializationException', 'A build argument is no text.');
}
