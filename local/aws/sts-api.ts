import type { Iam } from '../iam/iam';
import { sessionArn } from '../iam/principal';
import { OPERATOR_CREDENTIALS } from '../processes/credentials';
import { AwsError, notImplemented } from './aws-error';
import type { AwsService } from './aws-service';
import { queryService } from './query-service';

const ROLE = /^arn:[\w-]+:iam::(\d{12}):role\/(?:[\w+=,.@/-]*\/)?([\w+=,.@-]{1,64})$/;
const SESSION_HOURS = 1;

/** A session of a role by which one deploys, as its token tells it: what it may do is not judged, so nothing about it is kept. */
interface Session {
  readonly account: string;
  readonly role: string;
  readonly name: string;
}

/**
 * Security Token Service: who one is, and roles. Whoever runs the account may assume each of them; with one that a template makes,
 * they may do what it may.
 */
export function stsService(account: string, iam: Iam): AwsService {
  return queryService({
    name: 'sts',
    namespace: 'https://sts.amazonaws.com/doc/2011-06-15/',
    operations: {
      GetCallerIdentity: {
        takes: [],
        answer: (_, { request }) => {
          const judged = iam.sessions.signedBy(request.headers.authorization);
          if (judged) return { Arn: sessionArn(judged), UserId: `AROALOCAL:${judged.session}`, Account: account };
          const session = sessionOf(request.headers['x-amz-security-token']);
          if (session === undefined)
            return { Arn: `arn:aws:iam::${account}:user/local`, UserId: OPERATOR_CREDENTIALS.accessKeyId, Account: account };
          return { Arn: arnOf(session), UserId: idOf(session), Account: session.account };
        },
      },
      AssumeRole: {
        takes: ['RoleArn', 'RoleSessionName', 'ExternalId', 'DurationSeconds', 'Tags', 'TransitiveTagKeys', 'Policy', 'PolicyArns'],
        answer: (request) => {
          const arn = request.required('RoleArn');
          const [, roleAccount, role] = ROLE.exec(arn) ?? [];
          const name = request.required('RoleSessionName');
          if (roleAccount === undefined || role === undefined) throw new AwsError('ValidationError', `${arn} is no ARN of a role.`);
          if (!/^[\w+=,.@-]{2,64}$/.test(name))
            throw new AwsError('ValidationError', 'RoleSessionName has 2 to 64 of A-Z a-z 0-9 _ + = , . @ -');
          const session = { account: roleAccount, role, name };
          const isJudged = iam.judges({ kind: 'role', role: arn, session: name });
          if (isJudged && (request.text('Policy') ?? request.list('PolicyArns').length > 0))
            throw notImplemented('session policies of sts:AssumeRole');
          const token = Buffer.from(JSON.stringify(session)).toString('base64');
          const credentials = isJudged ? iam.sessions.open(arn, name) : { ...OPERATOR_CREDENTIALS, sessionToken: token };
          return {
            Credentials: {
              ...{ AccessKeyId: credentials.accessKeyId, SecretAccessKey: credentials.secretAccessKey },
              SessionToken: credentials.sessionToken,
              Expiration: new Date(Date.now() + SESSION_HOURS * 3_600_000),
            },
            AssumedRoleUser: { Arn: arnOf(session), AssumedRoleId: idOf(session) },
          };
        },
      },
    },
  });
}

/** The account that credentials are of: that of the role where they are a session of one. */
export function accountOf(token: string | string[] | undefined, own: string): string {
  return sessionOf(token)?.account ?? own;
}

function sessionOf(token: string | string[] | undefined): Session | undefined {
  try {
    const { account, role, name } = JSON.parse(Buffer.from(String(token), 'base64').toString()) as Session;
    return /^\d{12}$/.test(account) && typeof role === 'string' && typeof name === 'string' ? { account, role, name } : undefined;
  } catch {
    // None, or one of another account that stands in the environment still.
    return undefined;
  }
}

function arnOf({ account, role, name }: Session): string {
  return `arn:aws:sts::${account}:assumed-role/${role}/${name}`;
}

function idOf({ role, name }: Session): string {
  return `AROALOCAL${Buffer.from(role).toString('hex').slice(0, 12).toUpperCase()}:${name}`;
}
