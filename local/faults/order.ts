/** What shall fail, and for how long. */
export type FaultOrder =
  | KillOrder
  | PauseOrder
  | CutOrder
  | SilenceOrder
  | ThrottleOrder
  | LoseZoneOrder
  | ExpireTokensOrder
  | ExpireCertificatesOrder;

export type FaultKind = FaultOrder['kind'];

/** How long a fault lasts that does not say it, and at most; in milliseconds. */
export const FAULT_TIMES = { usual: 30_000, most: 15 * 60_000 } as const;

/** Signals that end a process. */
export const ENDING_SIGNALS = ['SIGKILL', 'SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT', 'SIGABRT'] as const;

interface Lasting {
  /** Milliseconds, from one second to fifteen minutes. Default: 30 s. */
  readonly forMs?: number;
}

/** Whose processes: exactly one of task, server and gateway. */
export interface Victims {
  /** Id of an ECS task, or its first characters. */
  readonly task?: string;
  /** Name of a server: one task of it. */
  readonly server?: string;
  /** One task of the gateway. */
  readonly gateway?: boolean;
  /** Every task of the server, or of the gateway, rather than one. */
  readonly all?: boolean;
  /** Only this container of each, such as `sidecar`. Default: all of them. */
  readonly container?: string;
}

/** Ends processes at once, as the death of a machine does; their tasks are replaced. */
export interface KillOrder extends Victims {
  readonly kind: 'kill';
  /** Default: SIGKILL. */
  readonly signal?: (typeof ENDING_SIGNALS)[number];
}

/** Stops processes (SIGSTOP), and lets them go on (SIGCONT). */
export interface PauseOrder extends Victims, Lasting {
  readonly kind: 'pause';
}

/** Nothing passes on a link any more: what is sent is not answered, as behind a security group that does not let it in. */
export interface CutOrder extends Lasting {
  readonly kind: 'cut';
  readonly from: Source;
  /** A server, `gateway`, or what {@link SilenceOrder.what} takes. */
  readonly to: string;
  /** Connections are reset instead, at once. */
  readonly refuse?: boolean;
}

export const SOURCES = ['agents', 'gateway', 'functions'] as const;
export type Source = (typeof SOURCES)[number];

/** Requests are taken and not answered. */
export interface SilenceOrder extends Lasting {
  readonly kind: 'silence';
  /** `ledger`, `directory`, `allowlist`, the name of a table; `authorizer`, the name of a function; `secrets`. */
  readonly what: string;
  /** What they ask for is done all the same: only the answers are lost. */
  readonly answersOnly?: boolean;
}

/** A share of the requests is refused, as AWS does where its limits are reached. */
export interface ThrottleOrder extends Lasting {
  readonly kind: 'throttle';
  /** As for {@link SilenceOrder.what}, but for secrets. */
  readonly what: string;
  /** Above 0, up to 1. Default: 1. */
  readonly share?: number;
}

/** An availability zone is lost: its tasks die, and none is placed there. */
export interface LoseZoneOrder extends Lasting {
  readonly kind: 'zone';
  /** Such as `eu-central-1a`, or its last letter. */
  readonly zone: string;
}

/** The tokens that an agent has got so far are not believed any more. It lasts: the agent gets new ones. */
export interface ExpireTokensOrder {
  readonly kind: 'expire-token';
  /** Name of the agent, or `fleet/agent`. */
  readonly agent: string;
}

/** The certificates of load balancers end, and are renewed when the fault is over: no program is restarted for it. */
export interface ExpireCertificatesOrder extends Lasting {
  readonly kind: 'expire-certificate';
  /** Whole days until they end, as their alarm is told. Default: 0, they have ended; that needs an account that speaks TLS. */
  readonly inDays?: number;
}

/** One fault, as it is told. */
export interface FaultRow {
  /** Short, and of this run. */
  readonly id: string;
  readonly kind: FaultKind;
  /** What it does, for people. */
  readonly what: string;
  /** ISO 8601. */
  readonly since: string;
  /** Absent where it is over as soon as it has struck. */
  readonly until?: string;
  /** Requests that have met it; of processes those that were struck. */
  readonly struck: number;
}
