/**
 * How gateway replicas tell each other what they reach, so that one can tell its own fault from an outage that all share. One
 * item in the directory's table counts; the authorizer function reads it for a replica that reaches that table no more.
 */

/** Key of the item in the session directory; no session, bond or fence has this name. */
export const SIGHTINGS_KEY = 'sightings';

/** How often a dependency answered a replica, all replicas together. Counted, not dated: no two clocks are compared. */
export interface Sightings {
  readonly tables: number;
  readonly authorizer: number;
}

/** What the gateway asks the authorizer function by direct invoke, beside decisions. */
export interface SightingsRequest {
  readonly kind: 'mcp-fleet.sightings';
}
