import type * as kms from 'aws-cdk-lib/aws-kms';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct } from 'constructs';

/** 64 letters and digits: over 380 bits. */
const KEY_LENGTH = 64;

/** A key that Secrets Manager invents; nobody outside the fleet needs to know it. The first rotation makes a ring of it. */
export function generatedKey(scope: Construct, id: string, encryptionKey: kms.IKey, description: string): secretsmanager.Secret {
  return new secretsmanager.Secret(scope, id, {
    description,
    encryptionKey,
    generateSecretString: { excludePunctuation: true, passwordLength: KEY_LENGTH },
  });
}
