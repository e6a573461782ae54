import { randomBytes } from 'node:crypto';
import type { RoleSession } from './principal';

/** Credentials of a session of a role, as STS hands them out. */
export interface RoleCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
}

const CREDENTIAL = /Credential=([^/,\s]+)\//;

/** The sessions of roles that there are: a program's own, and those that were assumed. */
export class Sessions {
  private readonly byKey = new Map<string, RoleSession>();

  /** @param role ARN */
  open(role: string, session: string): RoleCredentials {
    const accessKeyId = `ASIALOCAL${randomBytes(10).toString('hex').toUpperCase()}`;
    this.byKey.set(accessKeyId, { kind: 'role', role, session: session.replaceAll(/[^\w+=,.@-]/g, '-').slice(0, 64) });
    return { accessKeyId, secretAccessKey: randomBytes(20).toString('base64url'), sessionToken: randomBytes(48).toString('base64') };
  }

  /** By the id of an access key. */
  find(accessKeyId: string): RoleSession | undefined {
    return this.byKey.get(accessKeyId);
  }

  /** By the header of a signed request (Signature Version 4). */
  signedBy(authorization: string | undefined): RoleSession | undefined {
    return this.byKey.get(CREDENTIAL.exec(authorization ?? '')?.[1] ?? '');
  }

  close({ accessKeyId }: Pick<RoleCredentials, 'accessKeyId'>): void {
    this.byKey.delete(accessKeyId);
  }
}

/** The variables by which every AWS client finds credentials. */
export function credentialVariables({ accessKeyId, secretAccessKey, sessionToken }: RoleCredentials): Record<string, string> {
  return { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey, AWS_SESSION_TOKEN: sessionToken };
}
