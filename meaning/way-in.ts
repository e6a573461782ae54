import { coversAddress } from '../core/address-ranges';
import { allowedChanges, type Draft, ifTold, valueChange } from './change';
import type { DeclaredEdge, DeclaredFleet } from './declared';
import { COMPANY_LISTENER } from './read-edge';

const EDGE = { kind: 'edge' } as const;
const IDENTITY = { kind: 'identity' } as const;

/** Whose tokens are believed. */
export function identityChanges({ identity: before }: DeclaredFleet, { identity: after }: DeclaredFleet): Draft[] {
  const refused = 'calls with the tokens of before are refused';
  return [
    ...ifTold({ what: 'issuer' }, before.issuer, after.issuer, (had, has) =>
      allowedChanges({ ...IDENTITY, what: 'tokens are believed of the issuer' }, [had], [has], refused),
    ),
    ...ifTold({ what: 'audience' }, before.audience, after.audience, (had, has) =>
      allowedChanges({ ...IDENTITY, what: 'tokens are believed for the audience' }, had, has, refused),
    ),
    ...ifTold({ what: 'claim of the audience' }, before.audienceClaim, after.audienceClaim, (had, has) =>
      valueChange({ ...IDENTITY, what: 'claim that holds the audience' }, had, has, { severity: 'breaks', breaks: refused }),
    ),
    ...ifTold({ what: 'keys of the issuer' }, before.jwksUri, after.jwksUri, (had, has) =>
      allowedChanges({ ...IDENTITY, what: 'signing keys are believed of' }, [had], [has], 'calls with tokens of other keys are refused'),
    ),
  ];
}

/** Where agents enter, and from where. */
export function edgeChanges(before: DeclaredFleet, after: DeclaredFleet): Draft[] {
  return [
    ...ifTold({ what: 'edge' }, before.edge, after.edge, wayInChanges),
    ...ifTold({ what: 'browser origins' }, before.gateway?.allowedOrigins, after.gateway?.allowedOrigins, (had, has) =>
      allowedChanges({ ...EDGE, what: 'browser origins that may call' }, had, has, 'calls of these pages are refused'),
    ),
  ];
}

/** What a new fleet opens to the internet. */
export function openedEdge({ edge }: DeclaredFleet, side: 'before' | 'after'): Draft[] {
  if (edge?.scheme !== 'public') return [];
  return [
    { ...EDGE, what: 'edge', severity: side === 'after' ? 'widens' : 'narrows', [side]: `public, open to ${edge.clients.join(', ')}` },
  ];
}

/** From the narrowest on. What the company lets through its own listener is not told: it may be more than the network. */
const OPENNESS = ['internal', COMPANY_LISTENER, 'public'];

function wayInChanges(before: DeclaredEdge, after: DeclaredEdge): Draft[] {
  const moved = before.entry === after.entry ? {} : { breaks: 'calls go on when the domain name points at the other one' };
  const closed = { severity: 'narrows', breaks: 'calls from outside the network are refused' } as const;
  return [
    ...valueChange(
      { ...EDGE, what: 'edge' },
      before.scheme,
      after.scheme,
      OPENNESS.indexOf(after.scheme) > OPENNESS.indexOf(before.scheme) ? { severity: 'widens', ...moved } : closed,
    ),
    ...(before.scheme === after.scheme
      ? valueChange({ ...EDGE, what: 'entry of the edge' }, `<${before.entry}>`, `<${after.entry}>`, {
          severity: 'breaks',
          breaks: moved.breaks ?? '',
        })
      : []),
    ...allowedChanges({ ...EDGE, what: 'edge is open to' }, before.clients, after.clients, 'calls from there are refused', coversAddress),
    ...encryptionChanges(before, after),
    ...domainChanges(before, after),
  ];
}

function encryptionChanges(before: DeclaredEdge, after: DeclaredEdge): Draft[] {
  const secure = ({ protocol }: DeclaredEdge): boolean => protocol === 'HTTPS';
  const spoken = ({ protocol, port }: DeclaredEdge): string => `${protocol} on port ${port}`;
  const about = { ...EDGE, what: 'edge speaks' };
  const breaks = 'calls to the former address are refused';
  if (secure(before) !== secure(after)) {
    // In clear text, whoever is on the way may read access tokens.
    return valueChange(about, spoken(before), spoken(after), { severity: secure(after) ? 'narrows' : 'widens', breaks });
  }
  return [
    ...valueChange(about, spoken(before), spoken(after), { severity: 'breaks', breaks }),
    ...valueChange({ ...EDGE, what: 'certificate of the edge' }, before.certificates.join(', '), after.certificates.join(', ')),
    ...valueChange({ ...EDGE, what: 'TLS policy of the edge' }, before.tlsPolicy, after.tlsPolicy),
  ];
}

function domainChanges({ domain: before }: DeclaredEdge, { domain: after }: DeclaredEdge): Draft[] {
  const own = "the load balancer's own name";
  const breaks = { severity: 'breaks', breaks: 'calls to the former name are refused' } as const;
  return valueChange({ ...EDGE, what: 'domain name' }, before ?? own, after ?? own, before === undefined ? undefined : breaks);
}
