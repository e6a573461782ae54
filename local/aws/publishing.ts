import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Stacks } from '../cloudformation/stacks';
import type { Iam } from '../iam/iam';
import { UploadedAssets } from './assets/uploaded-assets';
import type { AwsApi } from './aws-service';
import { cloudFormationService } from './cloudformation/cloudformation-api';
import { DOCKER_SERVICE } from './docker-service';
import { ecrService } from './ecr-api';
import { dockerService } from './images/docker-api';
import { ImageStore } from './images/image-store';
import { Repositories } from './images/repositories';
import { ObjectStore } from './s3/object-store';
import { s3Service } from './s3/s3-api';
import { ParameterStore, ssmService } from './ssm-api';
import { stsService } from './sts-api';

export interface PublishingOptions {
  readonly account: string;
  readonly region: string;
  /** Folder of what is published: kept with the account's state, or its scratch folder. */
  readonly folder: string;
}

/** What a deployment needs beside stacks: where assets are published, and what bootstrapping makes. Stacks put resources into it. */
export class Publishing {
  readonly objects: ObjectStore;
  readonly parameters: ParameterStore;
  readonly repositories: Repositories;
  readonly images: ImageStore;
  readonly assets: UploadedAssets;
  /** Objects among the assets that a program may read, as `bucket/key`. */
  readonly lent = new Set<string>();

  constructor(readonly options: PublishingOptions) {
    const { account, region, folder } = options;
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    this.objects = new ObjectStore(join(folder, 's3'));
    this.parameters = new ParameterStore(join(folder, 'ssm.json'));
    this.repositories = new Repositories(`${account}.dkr.ecr.${region}.amazonaws.com`, join(folder, 'ecr.json'));
    this.images = new ImageStore(this.repositories, join(folder, 'images'));
    this.assets = new UploadedAssets(this.objects, this.images, join(folder, 'unpacked'));
  }

  /** What publishes and deploys. */
  api(stacks: Stacks, iam: Iam): AwsApi {
    const { objects, parameters, repositories, images, lent } = this;
    const { account, region } = this.options;
    const services = new Map([
      ['cloudformation', cloudFormationService(stacks, objects)],
      ['sts', stsService(account, iam)],
      ['ssm', ssmService({ account, region, parameters })],
      ['s3', s3Service({ store: objects, region, lent })],
      ['ecr', ecrService({ account, region, repositories })],
      [DOCKER_SERVICE, dockerService(images)],
    ]);
    return { account, services };
  }
}
